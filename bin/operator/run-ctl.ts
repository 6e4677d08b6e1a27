/** Asks a gateway one of the prompt's commands, and prints its answer. */
import { ApiError, NoServerError, parseObject, reach, readAnswer } from "../add/gateway-client.ts";
import { authorization, type Server } from "../add/find-server.ts";
import { plain } from "./columns.ts";
import { findCommand } from "./commands.ts";
import type { PromptCommand, PromptOptions } from "./prompt-command.ts";

export interface Asked { name: string; value?: string; options?: PromptOptions; json: boolean }
export interface Output { out(line: string): void; err(line: string): void }

const ANSWER_MS = 30_000;

/** @returns the exit code: 0 when it is done, 1 when it failed or was refused */
export async function runCtl(server: Server, { name, value = "", options = {}, json }: Asked, { out, err }: Output): Promise<number> {
  const command = findCommand(name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  const { method, path, toBody, inQuery, waitMs = ANSWER_MS } = command;
  const query = inQuery === true && Object.keys(options).length > 0 ? `${path.includes("?") ? "&" : "?"}${new URLSearchParams(options).toString()}` : "";
  const address = `${server.url}${path.replace(/:\w+/, () => encodeURIComponent(value))}${query}`;
  try {
    const text = await reach(server.url, async () => {
      const sent = toBody === undefined ? {} : { body: JSON.stringify(toBody(value, options)) };
      const headers = { ...authorization(server), ...(toBody === undefined ? {} : { "Content-Type": "application/json" }) };
      const response = await fetch(address, { method, headers, ...sent, signal: AbortSignal.timeout(waitMs) });
      const body = await response.text();
      readAnswer(response.status, body); // throws
      return body;
    });
    out(json ? text : show(command, text));
    return 0;
  } catch (error) {
    err(plain(explain(error, server.url)));
    return 1;
  }
}

/** What answers may be anything: it is read as a stranger's. */
function show({ format }: PromptCommand, text: string): string {
  try {
    return format(parseObject(JSON.parse(text)));
  } catch {
    throw new ApiError(200, "unexpected_answer", "What answers there is no Lectern of this version.", []);
  }
}

/** What fetch can't even try (a port that browsers block, say) is a TypeError. */
function explain(error: unknown, server: string): string {
  if (error instanceof NoServerError || error instanceof TypeError) return `No Lectern can be reached at ${server}; --url says where it is.`;
  if (error instanceof ApiError) return `${error.message} (${error.code})`;
  if (error instanceof Error && error.name === "TimeoutError") return `${server} did not answer in time.`;
  throw error;
}
