/** What all scenarios share: the regions on their stage, what was accepted there, and what came of it. */
import { Redis } from "ioredis";
import { percentile } from "../../bench/statistics.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { decodeVideo } from "../../test/support/lectures.ts";
import type { Random } from "../../test/support/simulation/random.ts";
import { findQueueFaults } from "../storm/reader.ts";
import { post, renditionsOf, until, type PostAnswer, type PostPolicy } from "./client.ts";
import type { DelayLine } from "./delay-line.ts";
import { findFaults, findUnsettled } from "./reader.ts";
import type { Region } from "./region.ts";
import { LECTURE, type Sources } from "./sources.ts";

export interface Figure { what: string; value: string }

export interface Stage {
  regions: readonly Region[];
  line: DelayLine;
  sources: Sources;
  random: Random;
  log(line: string): void;
}

/** What a scenario found: figures for the table, and what does not hold. */
export interface Findings {
  figures: Figure[];
  faults: string[];
  /** Ids of videos whose posts were answered with 202. */
  accepted: string[];
}

export type Scenario = (stage: Stage, findings: Findings) => Promise<void>;

const SETTLE_MS = 300_000;
const QUEUE_MS = 20_000;

export function note({ figures }: Findings, what: string, ...times: readonly number[]): void {
  if (times.length > 0) figures.push({ what, value: times.length === 1 ? seconds(times[0] ?? 0) : `${seconds(percentile(times, 0.5))}, longest ${seconds(Math.max(...times))}` });
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

export async function postNew({ sources }: Stage, findings: Findings, region: Region, policy: PostPolicy): Promise<PostAnswer> {
  const answer = await post(region, sources.next(), policy);
  if (answer.id !== undefined) findings.accepted.push(answer.id);
  return answer;
}

export function expectThat(findings: Findings, holds: boolean, fault: string): void {
  if (!holds) findings.faults.push(fault);
}

/** Waits until all that was accepted is done everywhere, and reads whether it is right. */
export async function settle({ regions, log }: Stage, findings: Findings): Promise<void> {
  const { accepted, faults } = findings;
  try {
    note(findings, "until all is complete and copied", await until("all that was accepted is complete, and copied", SETTLE_MS, () => findUnsettled(regions, accepted).length === 0));
  } catch (error) {
    faults.push(String(error));
  }
  const found = findFaults(regions, accepted);
  faults.push(...found.faults);
  findings.figures.push({ what: "videos accepted; media objects that two stores have in other bytes", value: `${accepted.length}; ${found.variants}` });
  for (const { name, redisUrl } of regions) {
    const redis = new Redis(redisUrl);
    const look = (): Promise<string[]> => findQueueFaults(redis, redisKeys("lectern").queuePrefix);
    await until(`the queue of ${name} is empty`, QUEUE_MS, async () => (await look()).length === 0).catch(() => undefined); // what is left is told below
    faults.push(...(await look()).map((fault) => `${name}: ${fault}`));
    redis.disconnect();
  }
  log(`  settled: ${accepted.length} videos`);
}

/** Every rendition, in every region, is the whole lecture. */
export async function expectWhole({ regions }: Stage, { faults }: Findings, ids: readonly string[]): Promise<void> {
  const frames = LECTURE.seconds * LECTURE.rate;
  for (const region of regions) {
    for (const id of ids) {
      for (const name of await renditionsOf(region, id)) {
        const decoded = await decodeVideo(`${region.httpUrl}/play/${id}/${name}/media.m3u8`);
        if (decoded.frames !== frames || decoded.complaints.length > 0) faults.push(`${id}/${name} in ${region.name}: ${decoded.frames} of ${frames} frames ${decoded.complaints.slice(0, 3).join("; ")}`);
      }
    }
  }
}
