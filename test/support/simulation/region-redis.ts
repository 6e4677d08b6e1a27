/**
 * The region's Redis: a real one, in which a run has a database of its own, reached over the simulated network and under
 * the simulated clock. It can be away, lose all that it holds, and come back as it was a moment ago.
 */
import type { Redis } from "ioredis";
import { LEASE_MS } from "../../../mixins/work-queue/work-queue.ts";
import type { EventLoop } from "./event-loop.ts";
import type { Life } from "./process.ts";
import type { Requests, Server } from "./requests.ts";

export interface RegionRedis {
  /** As processes see it: what `ioredis` has, as far as the modules under test use it. */
  clientFor(life: Life): Redis;
  /** `SET key node PX forMs NX`, under the simulated clock. */
  elect(life: Life, key: string, forMs: number): Promise<boolean>;
  /** When the lease last given to this token ends, on the loop's clock; -Infinity when none was. */
  leaseEnds(token: string): number;
  /** ms by which its clock is ahead; a jump when it changes. */
  clockAheadMs: number;
  isAway: boolean;
  flush(): Promise<void>;
  snapshot(): Promise<() => Promise<void>>;
  /** All keys, past the network: for whoever checks. */
  readonly real: Redis;
}

export interface RegionRedisPorts {
  loop: EventLoop;
  requests: Requests;
  /** Of the database that this run has for itself. */
  real: Redis;
  epochMs: number;
  server: Server;
  /** Told of each script of the queue that ran. */
  onScript(script: string, args: readonly unknown[], result: unknown): Promise<void>;
  /** It holds less than it did, or something older. */
  onForgotten(): void;
}

type Command = (...args: unknown[]) => Promise<unknown>;
const SCRIPT = /^lecternQueue_(.*)$/;
/** Commands that only look. */
const READS = /^(get|hget|hgetall|exists|strlen|bitcount|smembers|zrange|zrevrange|zcard|getBuffer)$/;

export async function openRegionRedis({ loop, requests, real, epochMs, server, onScript, onForgotten }: RegionRedisPorts): Promise<RegionRedis> {
  await real.flushdb();
  let elected = new Map<string, number>();
  const leases = new Map<string, number>();
  const commands = real as unknown as Record<string, Command>;
  const now = (): number => Math.floor(epochMs + loop.now() + region.clockAheadMs);

  async function run(name: string, args: unknown[]): Promise<unknown> {
    const script = SCRIPT.exec(name)?.[1];
    if (script === undefined) {
      const answer = await commands[name]?.apply(real, args);
      return name === "smembers" && Array.isArray(answer) ? answer.toSorted() : answer; // each server has an order of its own
    }
    args[1] = now(); // a script's time is that at which it runs
    const result = await commands[name]?.apply(real, args);
    if (script === "take" && Array.isArray(result)) leases.set(String(result[1]), loop.now() + LEASE_MS);
    if (script === "renew" && result === 1) leases.set(String(args[3]), loop.now() + LEASE_MS);
    await onScript(script, args.slice(2), result);
    return result;
  }

  const region: RegionRedis = {
    clockAheadMs: 0, isAway: false, real,
    leaseEnds: (token) => leases.get(token) ?? -Infinity,
    elect: (life, key, forMs) => requests.send(life, server, true, () => {
      if ((elected.get(key) ?? -Infinity) > now()) return false;
      elected.set(key, now() + forMs);
      return true;
    }),
    clientFor(life) {
      const send = (name: string, args: unknown[]): Promise<unknown> => requests.send(life, server, !READS.test(name), () => run(name, args));
      const client = new Proxy({}, {
        get(_, name) {
          if (typeof name !== "string" || name === "then") return undefined;
          if (name === "defineCommand") return (command: string, definition: { numberOfKeys: number; lua: string }) => { if (commands[command] === undefined) real.defineCommand(command, definition); };
          if (name === "pipeline") return () => pipeline((steps) => requests.send(life, server, true, async () => { for (const [step, args] of steps) await run(step, args); }));
          return (...args: unknown[]) => send(name, args);
        },
      });
      return client as Redis;
    },
    async flush() {
      await real.flushdb();
      elected = new Map();
      onForgotten();
    },
    async snapshot() {
      const keys = (await real.keys("*")).toSorted();
      const values = await Promise.all(keys.map((key) => real.dumpBuffer(key)));
      const then = new Map(elected);
      return async () => {
        await real.flushdb();
        await Promise.all(keys.map((key, index) => real.restore(key, 0, values[index] ?? Buffer.alloc(0))));
        elected = then;
        onForgotten();
      };
    },
  };
  return region;
}

function pipeline(exec: (steps: [string, unknown[]][]) => Promise<void>): unknown {
  const steps: [string, unknown[]][] = [];
  return new Proxy({}, {
    get: (_, name) => (name === "exec" ? () => exec(steps) : (...args: unknown[]) => { steps.push([String(name), args]); }),
  });
}
