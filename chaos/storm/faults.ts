/** What happens to the mesh: each fault strikes, lasts, and is over; how long work took to go on is measured. */
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { MeshUnderFire, StormNode } from "./mesh-under-fire.ts";
import type { Random } from "../../test/support/simulation/random.ts";

export const FAULTS = ["worker killed", "worker stopped", "scheduler killed", "nats killed", "redis killed", "redis log torn", "redis emptied"] as const;
export type FaultName = (typeof FAULTS)[number];
/** `recoveryMs`: of a worker, until all that it had is had by others; of a server, from its return until work goes on. */
export interface FaultReport { fault: FaultName; recoveryMs: number }

export interface FaultTools {
  mesh: MeshUnderFire;
  redis: Redis;
  /** Of the queue's keys. */
  prefix: string;
  random: Random;
  /** Lines in the journals: segments stored. */
  written(): number;
  /** Nothing is left to do. */
  isOver(): boolean;
}

/** Longer than a lease. */
const STOPPED_MS = 9_000;
const LOOK_MS = 20;
const LIMIT_MS = 60_000;

export async function strike(fault: FaultName, tools: FaultTools): Promise<FaultReport> {
  const { mesh, random, redis, prefix } = tools;
  const worker = random.pick(mesh.nodes.filter(({ role }) => role === "worker"));
  switch (fault) {
    case "worker killed": {
      const held = await heldBy(tools, worker);
      await worker.process.kill();
      const recoveryMs = await until(tools, async () => await isElsewhere(tools, worker, held));
      await mesh.restart(worker);
      return { fault, recoveryMs };
    }
    case "worker stopped": {
      process.kill(worker.process.pid, "SIGSTOP");
      const held = await heldBy(tools, worker);
      const recoveryMs = await until(tools, async () => await isElsewhere(tools, worker, held));
      await delay(Math.max(0, STOPPED_MS - recoveryMs)); // it wakes up as one that has lost its leases
      process.kill(worker.process.pid, "SIGCONT");
      return { fault, recoveryMs };
    }
    case "scheduler killed": {
      await mesh.restart(random.pick(mesh.nodes.filter(({ role }) => role === "control")));
      return { fault, recoveryMs: await untilWritten(tools) };
    }
    case "nats killed": {
      const start = await mesh.killNats();
      await delay(random.int(1_000, 5_000));
      await start();
      return { fault, recoveryMs: await untilWritten(tools) };
    }
    case "redis killed":
    case "redis log torn": {
      const start = await mesh.killRedis(fault === "redis log torn");
      await delay(random.int(0, 3_000));
      await start();
      return { fault, recoveryMs: await untilWritten(tools) };
    }
    case "redis emptied": {
      await redis.flushall();
      await redis.ping();
      return { fault, recoveryMs: await untilWritten(tools) };
    }
    default:
      throw new Error(`${fault satisfies never} ${prefix}`);
  }
}

/** Ids of jobs, by the tokens that the node has of them. */
async function heldBy({ redis, prefix }: FaultTools, node: StormNode): Promise<Map<string, string>> {
  const held = new Map<string, string>();
  for (const member of await redis.zrange(`${prefix}:leases`, 0, -1)) {
    const [id = "", token = ""] = member.split(" ");
    const job = await redis.hgetall(`${prefix}:job:${id}`);
    if ((job["first"] === token && job["firstOwner"] === node.name) || (job["second"] === token && job["secondOwner"] === node.name)) held.set(id, token);
  }
  return held;
}

async function isElsewhere({ redis, prefix }: FaultTools, node: StormNode, held: ReadonlyMap<string, string>): Promise<boolean> {
  for (const id of held.keys()) {
    const [first, second] = await redis.hmget(`${prefix}:job:${id}`, "firstOwner", "secondOwner");
    if (first === node.name || second === node.name) return false;
    if (await redis.zscore(`${prefix}:delayed`, id)) return false;
  }
  return true;
}

const untilWritten = (tools: FaultTools): Promise<number> => {
  const before = tools.written();
  return until(tools, async () => tools.written() > before);
};

/** Milliseconds until `done`. @throws Error after a minute */
async function until(tools: FaultTools, done: () => Promise<boolean>): Promise<number> {
  const startedAt = performance.now();
  while (!tools.isOver() && !(await done().catch(() => false))) {
    if (performance.now() - startedAt > LIMIT_MS) throw new Error("work does not go on");
    await delay(LOOK_MS);
  }
  return performance.now() - startedAt;
}
