/** A web server with byte ranges on the loopback, in another process, that says how much was fetched from it. */
import { fork } from "node:child_process";
import { on, once } from "node:events";
import { fileURLToPath } from "node:url";

export type ToOrigin = "reset" | "read";
export interface OriginCount { bytes: number; requests: number }
export type FromOrigin = { kind: "ready"; url: string; hostPort: string } | ({ kind: "stats" } & OriginCount);

export interface Origin {
  url: string;
  hostPort: string;
  /** Counts from 0 again. */
  reset(): Promise<void>;
  /** Since the last reset. */
  count(): Promise<OriginCount>;
  close(): Promise<void>;
}

/** Serves the files of `dir`. */
export async function openOrigin(dir: string): Promise<Origin> {
  const child = fork(fileURLToPath(new URL("origin-process.ts", import.meta.url)), [dir]);
  const messages = on(child, "message", { close: ["exit"] });
  const next = async (): Promise<FromOrigin> => {
    const { value, done } = await messages.next();
    if (done === true) throw new Error("The origin's process ended.");
    return (value as [FromOrigin])[0];
  };
  const ask = async (message: ToOrigin): Promise<OriginCount> => {
    child.send(message);
    const answer = await next();
    if (answer.kind !== "stats") throw new Error("The origin answered something else.");
    return answer;
  };
  const ready = await next();
  if (ready.kind !== "ready") throw new Error("The origin did not start.");
  return {
    url: ready.url,
    hostPort: ready.hostPort,
    reset: async () => { await ask("reset"); },
    count: () => ask("read"),
    async close() {
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
}
