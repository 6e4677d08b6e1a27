/** Many runs, several at a time, each in a database of its own of one Redis, which ends with them. */
import { Redis } from "ioredis";
import { startRedis } from "../redis.ts";
import { simulate, type Run } from "./simulate.ts";

export interface Campaign {
  runs: number;
  /** Those in which something happened that must never happen. */
  broken: Run[];
  /** How often what happened, in all runs. */
  counts: Map<string, number>;
  /** Of each run, simulated ms. */
  recoveriesMs: number[];
}

const AT_ONCE = 8;

/** @param onRun told of each run as it ends */
export async function runCampaign(seeds: readonly number[], onRun?: (run: Run, campaign: Campaign) => void): Promise<Campaign> {
  const campaign: Campaign = { runs: 0, broken: [], counts: new Map(), recoveriesMs: [] };
  const waiting = [...seeds];
  const redis = await startRedis();
  async function work(database: number): Promise<void> {
    const connection = new Redis(redis.url, { db: database });
    try {
      for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
        const run = await simulate(seed, connection);
        campaign.runs++;
        campaign.recoveriesMs.push(run.recoveryMs);
        for (const [what, count] of run.counts) campaign.counts.set(what, (campaign.counts.get(what) ?? 0) + count);
        if (run.violations.length > 0) campaign.broken.push(run);
        onRun?.(run, campaign);
      }
    } finally {
      connection.disconnect();
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, seeds.length) }, (_, database) => work(database)));
  } finally {
    await redis.stop();
  }
  return campaign;
}
