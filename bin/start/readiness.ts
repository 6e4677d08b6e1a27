/** Waits until a node says that a posted video would play. */
import { get, type IncomingMessage } from "node:http";
import { get as getOverTls } from "node:https";
import { setTimeout as wait } from "node:timers/promises";
import { StartError } from "./start-error.ts";

const RETRY_MS = 100;
const ANSWER_MS = 5_000;

/**
 * @param url of `/health/ready`
 * @throws StartError after `patienceMs`, with what the node says is missing; the abort error when `signal` ends it
 */
export async function waitForReadiness(url: string, patienceMs: number, signal: AbortSignal): Promise<void> {
  const until = performance.now() + patienceMs;
  let answer = "it does not answer";
  while (performance.now() < until) {
    const found = await askReadiness(url, signal);
    if (found === "ready") return;
    if (found !== undefined) answer = found;
    await wait(RETRY_MS, undefined, { signal });
  }
  throw new StartError(`The node is not ready after ${Math.round(patienceMs / 1000)} s: ${answer}`);
}

/** "ready", what is missing, or undefined when nobody answers. */
async function askReadiness(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { status, text } = await ask(url, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));
    return status === 200 ? "ready" : parseDetail(text) ?? text.slice(0, 200);
  } catch {
    signal.throwIfAborted();
    return undefined; // not listening yet
  }
}

/** A gateway's certificate is for the names that its clients use, not for this address of the same machine. */
function ask(url: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const read = async (answer: IncomingMessage): Promise<void> => {
      try {
        let text = "";
        for await (const chunk of answer.setEncoding("utf8")) text += String(chunk);
        resolve({ status: answer.statusCode ?? 0, text });
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const options = { signal, agent: false } as const;
    const asked = url.startsWith("https:") ? getOverTls(url, { ...options, rejectUnauthorized: false }, (answer) => void read(answer)) : get(url, options, (answer) => void read(answer));
    asked.once("error", reject);
  });
}

/** The `detail` of a problem+json. */
function parseDetail(text: string): string | undefined {
  try {
    const { detail } = (JSON.parse(text) ?? {}) as { detail?: unknown };
    return typeof detail === "string" ? detail.replace(/\.$/, "") : undefined;
  } catch {
    return undefined; // no JSON
  }
}
