/** Asks a server of a line protocol (NATS, Redis) one question until it answers as it does when it is ready. */
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";

const RETRY_MS = 50;
const ANSWER_MS = 2_000;

export interface Question {
  readonly host: string;
  readonly port: number;
  /** Sent once connected; a server may also speak first. */
  readonly send?: string;
  /** Which line of the answer tells; by default the first. */
  readonly line?: number;
  readonly isReady: (line: string) => boolean;
}

/** Rejects only when `signal` ends it. */
export async function waitForAnswer(question: Question, signal: AbortSignal): Promise<void> {
  while (!question.isReady((await ask(question)) ?? "")) await wait(RETRY_MS, undefined, { signal });
  signal.throwIfAborted();
}

/** The line of the answer that tells; undefined: nobody listens, or it did not come in time. */
function ask({ host, port, send, line: telling = 1 }: Question): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const end = (line: string | undefined): void => {
      socket.destroy();
      resolve(line);
    };
    socket.setTimeout(ANSWER_MS, () => end(undefined));
    socket.once("connect", () => { if (send !== undefined) socket.write(send); });
    socket.once("error", () => end(undefined));
    socket.once("close", () => end(undefined));
    let read = 0;
    createInterface({ input: socket }).on("line", (line) => { if (++read === telling) end(line); }).once("error", () => end(undefined));
  });
}
