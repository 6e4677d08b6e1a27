/** What happens to NATS and to Redis. */
import { createConnection } from "node:net";
import { Redis } from "ioredis";
import type { Random } from "../../test/support/simulation/random.ts";
import { tearLog } from "../../test/support/torn-log.ts";
import { PHASES, type FaultTable, type Stage, type Struck } from "./fault.ts";

const NATS_AWAY_MS = 60_000;

const short = (random: Random): number => random.int(1_000, 4_000);

export const SERVER_FAULTS: FaultTable = {
  "NATS killed": { phases: PHASES, lasts: short, strike: natsKilled },
  "NATS away 60 s": { phases: PHASES, lasts: () => NATS_AWAY_MS, takesPosts: true, strike: natsKilled },
  "Redis killed": { phases: PHASES, lasts: short, strike: ({ mesh }) => gone(mesh.ports.redis, mesh.killRedis()) },
  "Redis log torn": {
    phases: PHASES, lasts: short,
    async strike({ mesh }) {
      let torn = 0;
      const { seen, end } = await gone(mesh.ports.redis, mesh.killRedis(() => { torn = tearLog(mesh.redisDir); }));
      return { seen: async () => `${await seen()}, its log ${torn} bytes shorter`, end };
    },
  },
  "Redis emptied": {
    phases: PHASES, lasts: () => 0,
    async strike({ mesh: { redis, ports } }) {
      const before = await redis.dbsize();
      const [, [, left]] = await ask(ports.redis, async (client) => await client.multi().flushall().dbsize().exec()) as [unknown, [unknown, number]];
      return { seen: async () => { if (before === 0 || left !== 0) throw new Error(`${before} keys before, ${left} after`); return `${before} keys were lost`; }, end: async () => undefined };
    },
  },
  "Redis read-only": configured(["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"], "READONLY"),
  "Redis out of memory": configured(["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"], "OOM"),
};

/** @param refusal how Redis answers a write meanwhile */
function configured(begin: readonly [string, ...string[]], end: readonly [string, ...string[]], refusal: string): FaultTable[string] {
  return {
    phases: PHASES, lasts: (random) => random.int(2_000, 6_000),
    async strike({ mesh: { ports } }) {
      const answer = await ask(ports.redis, async (client) => {
        await client.call(...begin);
        return await client.set("faults", "1").catch(String);
      });
      return {
        async seen() { if (answer?.includes(refusal) !== true) throw new Error(`a write is answered ${answer}`); return `a write is answered ${refusal}`; },
        end: async () => { await ask(ports.redis, async (client) => await client.call(...end)); },
      };
    },
  };
}

function natsKilled({ mesh }: Stage): Promise<Struck> {
  return gone(mesh.ports.nats, mesh.killNats());
}

async function gone(port: number, killing: Promise<() => Promise<void>>): Promise<Struck> {
  const end = await killing;
  const refused = await new Promise<boolean>((resolve) => {
    const socket = createConnection(port, "127.0.0.1", () => { socket.destroy(); resolve(false); }).once("error", () => resolve(true));
  });
  return { async seen() { if (!refused) throw new Error("it still takes connections"); return "connections are refused"; }, end };
}

async function ask<T>(port: number, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(port, "127.0.0.1");
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}
