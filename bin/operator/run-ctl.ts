/** Asks a gateway one of the operators' commands, and prints its answer. */
import { COMMANDS, type AnyAnswer, type Command, type CommandName } from "../../services/operator/operator.contract.ts";
import { ApiError, NoServerError, parseObject, reach, readAnswer } from "../add/gateway-client.ts";
import { formatAnswer } from "./answer-text.ts";
import { plain } from "./columns.ts";
import { authorization, type Server } from "../add/find-server.ts";

export interface Asked { name: CommandName; value?: string; json: boolean }
export interface Output { out(line: string): void; err(line: string): void }

const ANSWER_MS = 30_000;

/** @returns the exit code: 0 when it is done, 1 when it failed or was refused */
export async function runCtl(server: Server, { name, value = "", json }: Asked, { out, err }: Output): Promise<number> {
  const { method, path }: Command = COMMANDS[name];
  const address = `${server.url}${path.replace(/:\w+/, () => encodeURIComponent(value))}`;
  try {
    const text = await reach(server.url, async () => {
      const response = await fetch(address, { method, headers: authorization(server), signal: AbortSignal.timeout(ANSWER_MS) });
      const body = await response.text();
      readAnswer(response.status, body); // throws
      return body;
    });
    out(json ? text : show(name, text));
    return 0;
  } catch (error) {
    err(plain(explain(error, server.url)));
    return 1;
  }
}

/** What answers may be anything: it is read as a stranger's. */
function show(name: CommandName, text: string): string {
  try {
    return formatAnswer(name, parseObject(JSON.parse(text)) as unknown as AnyAnswer);
  } catch {
    throw new ApiError(200, "unexpected_answer", "What answers there is no Lectern of this version.", []);
  }
}

/** What fetch can't even try (a port that browsers block, say) is a TypeError. */
function explain(error: unknown, server: string): string {
  if (error instanceof NoServerError || error instanceof TypeError) return `No Lectern can be reached at ${server}; --url says where it is.`;
  if (error instanceof ApiError) return `${error.message} (${error.code})`;
  if (error instanceof Error && error.name === "TimeoutError") return `${server} did not answer within ${ANSWER_MS / 1000} s.`;
  throw error;
}
