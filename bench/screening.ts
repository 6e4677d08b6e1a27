/**
 * screening: what it costs to screen a video, in processor time of this process and all that it starts, in frames and in
 * bytes of the source; and how near the frames of different videos come to each other.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Context } from "moleculer";
import { loadConfig } from "../config/config.ts";
import { openProcessTree } from "../config/placement/process-tree.ts";
import { hashDistance, parseHash } from "../media/screening/frame-hash.ts";
import { MIN_DETAIL, SAME_BITS } from "../media/screening/hash-match.ts";
import { screeningService } from "../services/screening/screening.service.ts";
import { storageService } from "../services/storage/storage.service.ts";
import type { ScreenedParams, Screening, VideoState } from "../services/videos/videos.contract.ts";
import { addBufferSource, sourceAt } from "../test/support/buffer-source.ts";
import { findSharedMedia, makeLecture } from "../test/support/lectures.ts";
import { memoryStore } from "../test/support/memory-store.ts";
import { planFile, REMUX_SETTINGS } from "../test/support/plan-file.ts";
import { quietBroker } from "../test/support/quiet-broker.ts";
import { startRedis } from "../test/support/redis.ts";
import { makeRecord } from "../test/support/sample-record.ts";
import type { Benchmark } from "./benchmark.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { formatTable } from "./text-table.ts";

const SHARED = ["lecture-en.mp4", "talk.mp4", "lab.mp4", "screencast.webm", "street.avi", "film.avi"];

interface Row { name: string; screening: Screening; cpuSec: number; lengthSec: number; fileMb: number }

export const screening: Benchmark = {
  name: "screening",
  summary: "what it costs to screen a video; how near different videos come",
  usage: "[--classifier]",
  async run(args) {
    const { values: { classifier } } = parseArgs({ args: [...args], options: { classifier: { type: "boolean", default: false } } });
    const dir = await mkdtemp(join(tmpdir(), "lectern-bench-screening-"));
    try {
      const shared = SHARED.flatMap((name) => findSharedMedia(name) ?? []);
      const files = shared.length > 0 ? shared : [await makeLecture(join(dir, "lecture.mp4"), { seconds: 300, size: "1280x720" })];
      const policyPath = join(dir, "policy.yaml");
      await writeFile(policyPath, classifier ? "classifier: { name: nsfwjs }\ndefault: { classify: true }\n" : "");
      const rows = await screenAll(files, policyPath);
      console.log(formatTable(["video", "minutes", "verdict", "CPU s", "wall s", "frames", "read MB", "of MB"], rows.map(({ name, screening: { verdict, cost }, cpuSec, lengthSec, fileMb }) => [
        name, (lengthSec / 60).toFixed(1), verdict, cpuSec.toFixed(1), cost.seconds.toFixed(1), String(cost.frames), (cost.bytes / 1e6).toFixed(1), fileMb.toFixed(1),
      ])));
      for (const { name, screening: { findings, scores } } of rows) {
        for (const { code, message, verdict } of findings) console.log(`${name}: ${verdict}, ${code}: ${message}`);
        if (scores !== undefined) console.log(`${name}: ${Object.entries(scores).map(([label, score]) => `${label} ${score}`).join(", ")}`);
      }
      console.log(describeDistances(rows));
      console.log(`${await describeMachine(loadConfig(process.env).ffmpegPath)}, ${describeLoad()}`);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
};

async function screenAll(files: readonly string[], policyPath: string): Promise<Row[]> {
  const redis = await startRedis();
  const broker = quietBroker({ requestTimeout: 300_000 });
  const source = addBufferSource(broker);
  const states = new Map<string, VideoState>();
  let last: Screening | undefined;
  broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => memoryStore()));
  broker.createService({ name: "videos", actions: { state: (ctx: Context<{ id: string }>) => states.get(ctx.params.id) ?? null, screened: (ctx: Context<ScreenedParams>) => { last = ctx.params.screening; } } });
  broker.createService({ name: "transcoder", actions: { still: () => Buffer.from("") } });
  broker.createService(screeningService({ redisUrl: redis.url, namespace: "bench", policyPath, ...REMUX_SETTINGS }, 0));
  const readSeconds = openProcessTree();
  const rows: Row[] = [];
  try {
    await broker.start();
    for (const [n, path] of files.entries()) {
      const { bytes, facts, plan } = await planFile(path);
      const id = String(n).padStart(26, "0");
      states.set(id, { record: makeRecord({ id, source: sourceAt(`file://${path}`), screening: "publish-first" }), verdict: { accepted: true, at: "", facts, sourceVersion: "v1" }, plan, deleted: false });
      source.files.set(`file://${path}`, bytes);
      const before = await readSeconds();
      await broker.call("screening.screen", { id });
      if (last === undefined) throw new Error(`${path} was not screened`);
      rows.push({ name: path.split("/").at(-1) ?? path, screening: last, cpuSec: (await readSeconds()) - before, lengthSec: (facts.video.end - facts.video.start) / facts.video.timescale, fileMb: bytes.length / 1e6 });
    }
  } finally {
    await broker.stop();
    await redis.stop();
  }
  return rows;
}

/** Of every two frames of different videos. */
function describeDistances(rows: readonly Row[]): string {
  const videos = rows.map(({ screening: { hashes } }) => hashes.filter(({ detail }) => detail >= MIN_DETAIL).flatMap(({ hash }) => parseHash(hash) ?? []));
  const distances = videos.flatMap((one, n) => videos.slice(n + 1).flatMap((other) => one.flatMap((a) => other.map((b) => hashDistance(a, b))))).toSorted((a, b) => a - b);
  const near = distances.filter((distance) => distance <= SAME_BITS).length;
  return `${distances.length} pairs of frames of different videos: ${near} within ${SAME_BITS} bits of 256; the nearest ${distances[0] ?? "–"}, the median ${distances[distances.length >> 1] ?? "–"}.`;
}
