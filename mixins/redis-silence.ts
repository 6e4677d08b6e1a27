/**
 * A Redis that hangs, or whose network drops packets, keeps its connection: every command would cost its caller the
 * whole time limit, and viewers' requests have several. After one such command the others fail at once, until a PING of
 * our own is answered.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Command, Redis } from "ioredis";

const PING_EVERY_MS = 250;
/** ioredis' own words when `commandTimeout` is over. */
const TIMED_OUT = "Command timed out";

/** @param tell how it goes: of the silence, and of its end */
export function failWhileSilent(redis: Redis, tell: (change: "silent" | "answers") => void): void {
  const send = redis.sendCommand.bind(redis);
  let silent = false;

  async function listen(): Promise<void> {
    silent = true;
    tell("silent");
    for (;;) {
      try {
        await redis.ping();
        break;
      } catch {
        if (redis.status !== "ready") break; // then commands fail at once anyway
        await delay(PING_EVERY_MS);
      }
    }
    silent = false;
    tell("answers");
  }

  redis.sendCommand = (command: Command, stream?: Parameters<typeof send>[1]) => {
    if (silent && command.name !== "ping") {
      command.reject(new Error("Redis does not answer."));
      return command.promise;
    }
    const answer = send(command, stream);
    command.promise.catch((error: unknown) => {
      if (!silent && error instanceof Error && error.message === TIMED_OUT) void listen();
    });
    return answer;
  };
}
