/** Thousands of chunks through a mesh whose nodes and servers keep dying: nothing may be lost, or written twice. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { ServiceBroker } from "moleculer";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import type { SubmitParams, VideoView } from "../../services/videos/videos.contract.ts";
import { makeTempDir, removeDir } from "../../test/support/processes.ts";
import { FAULTS, strike, type FaultName, type FaultReport } from "./faults.ts";
import { openMesh, type MeshUnderFire } from "./mesh-under-fire.ts";
import { seededRandom } from "../../test/support/simulation/random.ts";
import { findMediaFaults, findQueueFaults, readJournals, readText } from "./reader.ts";
import { FILES, secondsOf, wantedOf } from "./storm-video.ts";

export interface StormOptions {
  /** Of five segments each. */
  chunks: number;
  videos: number;
  workers: number;
  seed: number;
  /** Each once, in this order, with more videos posted when there is no work left; by default as the seed has it, until all is done. */
  faults?: readonly FaultName[];
  /** Between the end of one fault and the next, in ms: up to this. */
  calmMs: number;
  limitMs: number;
  log(line: string): void;
}
export interface StormReport { seconds: number; segments: number; faults: FaultReport[]; /** What is wrong. */ wrong: string[] }

const NAMESPACE = "storm";

export async function runStorm(options: StormOptions): Promise<StormReport> {
  const dir = await makeTempDir("storm");
  mkdirSync(join(dir, FILES.journals));
  mkdirSync(join(dir, "redis"));
  const videoSeconds = secondsOf(Math.ceil(options.chunks / options.videos));
  const mesh = await openMesh(dir, videoSeconds, options.workers);
  const redis = new Redis(mesh.redisUrl, { retryStrategy: () => 100 });
  redis.on("error", () => undefined); // it is killed on purpose
  try {
    return await rage(options, { dir, mesh, redis, videoSeconds });
  } finally {
    redis.disconnect();
    await mesh.close();
    await removeDir(dir);
  }
}

interface Staged { dir: string; mesh: MeshUnderFire; redis: Redis; videoSeconds: number }

async function rage({ videos, seed, calmMs, limitMs, faults: order, log }: StormOptions, { dir, mesh, redis, videoSeconds }: Staged): Promise<StormReport> {
  const random = seededRandom(seed);
  const prefix = redisKeys(NAMESPACE).queuePrefix;
  const startedAt = performance.now();
  const ids = await submit(mesh, 0, videos);
  const faults: FaultReport[] = [];
  const isLate = (): boolean => performance.now() - startedAt > limitMs;
  const isOver = (): boolean => ids.every((id) => readText(dir, `videos/${id}/outcome.json`) !== undefined);
  const written = (): number => readJournals(dir).lines;
  while (!isLate() && (order === undefined ? !isOver() : faults.length < order.length)) {
    await delay(random.int(0, calmMs));
    if (isOver()) {
      if (order === undefined) break;
      ids.push(...(await submit(mesh, ids.length, videos)));
    }
    const fault = order?.[faults.length] ?? random.pick(FAULTS);
    const report = await strike(fault, { mesh, redis, prefix, random, written, isOver });
    faults.push(report);
    log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${fault.padEnd(16)}  goes on after ${report.recoveryMs.toFixed(0).padStart(5)} ms, ${written()} segments stored`);
  }
  while (!isOver() && !isLate()) await delay(100);
  const seconds = (performance.now() - startedAt) / 1000;
  const wrong = isOver() ? [] : [`not all was done within ${limitMs} ms`];
  const queueFaults = async (): Promise<string[]> => await findQueueFaults(redis, prefix);
  for (let n = 0; n < 200 && (await queueFaults()).length > 0; n++) await delay(100); // what was done twice ends, and finds all done
  wrong.push(...findMediaFaults(dir, ids, wantedOf(videoSeconds)), ...(await queueFaults()));
  return { seconds, segments: written(), faults, wrong };
}

/** Each post is answered, so from then on it is accepted. */
async function submit(mesh: MeshUnderFire, first: number, count: number): Promise<string[]> {
  const config = loadConfig({ LECTERN_NATS_URL: mesh.natsUrl, LECTERN_NAMESPACE: NAMESPACE, LECTERN_NODE_ID: "poster", LECTERN_LOG_LEVEL: "fatal" });
  const broker = new ServiceBroker({ ...brokerOptions(config), logger: false });
  await broker.start();
  try {
    await broker.waitForServices("videos");
    const ids: string[] = [];
    for (let n = first; n < first + count; n++) {
      const { id } = await broker.call<VideoView, SubmitParams>("videos.submit", { source: { kind: "url", url: `https://origin.example/${n}.mp4` }, policy: "eager" });
      ids.push(id);
    }
    return ids;
  } finally {
    await broker.stop();
  }
}
