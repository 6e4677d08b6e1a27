/** Waits until a node says that a posted video would play. */
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
  let text: string;
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) });
    if (response.status === 200) {
      await response.body?.cancel();
      return "ready";
    }
    text = await response.text();
  } catch {
    signal.throwIfAborted();
    return undefined; // not listening yet
  }
  return parseDetail(text) ?? text.slice(0, 200);
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
