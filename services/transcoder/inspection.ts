/**
 * Between making and storing: every segment is checked, and one that is not good is made again with other settings, at
 * most twice. What is still not good is refused: it is never stored, and that is written down with the video, so that
 * nobody tries again. Segments of a rendition that arrive while one check runs are checked together by the next: most of
 * what a check of one costs is FFmpeg's start.
 */
import { LRUCache } from "lru-cache";
import type { ServiceBroker } from "moleculer";
import { errorMessage, fail } from "../../config/errors.ts";
import { upTo } from "../../config/lru-room.ts";
import { registerMetrics } from "../../config/metrics/register-metrics.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { EFFORTS } from "../../media/ffmpeg/effort.ts";
import { ownBytes } from "../../media/own-bytes.ts";
import { findRendition } from "../../media/plan-video.ts";
import type { Rendition } from "../../media/plan.ts";
import type { SegmentReport } from "../../media/quality/report.ts";
import { rescaleCeil } from "../../media/rational.ts";
import { announce } from "../../mixins/announce.ts";
import { throughDoor } from "../../mixins/source-door.ts";
import { openTurns } from "../../mixins/turns.ts";
import type { CheckParams, CheckResult } from "../quality/quality.contract.ts";
import type { KeyParams } from "../storage/storage.contract.ts";
import type { NoteQualityParams } from "../videos/videos.contract.ts";
import { splitBySource, takeConsecutive } from "./check-batches.ts";
import { remake } from "./remake.ts";
import { repackagedInit } from "./repackage.ts";
import type { Slots } from "./slots.ts";
import type { SegmentRefused } from "./transcoder.contract.ts";
import type { VideoJobs } from "./video-jobs.ts";
import type { Job } from "./workshop.ts";

interface Entry { segment: number; bytes: Buffer; settle: PromiseWithResolvers<Buffer | undefined> }
interface Line { videoId: string; rendition: string; waiting: Entry[]; running: boolean }

const CHECK_MS = 10 * 60_000;
/** A few kilobytes each. */
const KEPT_INITS = 2_000;

export interface InspectionTools { broker: ServiceBroker; jobs: VideoJobs; slots: Slots; /** Checks. */ atOnce: number }

export function openInspection({ broker, jobs, slots, atOnce }: InspectionTools) {
  const metrics = registerMetrics(broker, "transcoder");
  /** Renditions of which something is being checked, by video and name. */
  const lines = new Map<string, Line>();
  const inits = new LRUCache<string, Buffer>(upTo(KEPT_INITS));
  /** Of the source no more is read than is checked: what waited for its check with it would be in memory for nothing. */
  const turns = openTurns(atOnce);

  function lineOf(videoId: string, rendition: string): Line {
    const key = `${videoId}/${rendition}`;
    const line = lines.get(key) ?? { videoId, rendition, waiting: [], running: false };
    lines.set(key, line);
    return line;
  }

  async function work(line: Line): Promise<void> {
    if (line.running) return;
    line.running = true;
    try {
      for (let batch = take(line); batch.length > 0; batch = take(line)) await inspectBatch(line, batch);
    } finally {
      line.running = false;
      lines.delete(`${line.videoId}/${line.rendition}`);
    }
  }

  /** Never throws: who waits is told. */
  async function inspectBatch(line: Line, batch: readonly Entry[]): Promise<void> {
    try {
      await jobs.run(line.videoId, async (job) => {
        const rendition = findRendition(job.plan, line.rendition);
        if (rendition === undefined) throw fail("segment_not_found", "The video has no such rendition.");
        const init = rendition.mode === "repackage" ? repackagedInit(job.plan, rendition) : inits.get(`${line.videoId}/${line.rendition}`);
        if (init === undefined) throw fail("encode_failed", "A segment came without its init segment.");
        await slots.calm(job.signal);
        for (const together of splitBySource(batch, job.plan)) {
          const first = await check(job, rendition, init, together);
          const judged = await Promise.all(together.map((entry, index) => improve(job, rendition, init, entry, first[index])));
          await note(line, judged.map(({ report }) => report));
          together.forEach(({ settle }, index) => settle.resolve(judged[index]?.bytes));
        }
      });
    } catch (error) {
      for (const { settle } of batch) settle.reject(error);
    }
  }

  /** On this node: the bytes do not travel. */
  async function check(job: Job, rendition: Rendition, init: Buffer, entries: readonly Pick<Entry, "segment" | "bytes">[]): Promise<SegmentReport[]> {
    const first = entries[0]?.segment ?? 0;
    return await turns.run(async () => {
      const { packets, needsFile } = await readSource(job, rendition, first, first + entries.length);
      const ask = async (url?: string): Promise<SegmentReport[]> => {
        const params: CheckParams = {
          videoId: job.videoId, plan: job.plan, rendition: rendition.name, first, init, segments: entries.map(({ bytes }) => bytes),
          ...(packets === undefined ? {} : { packets }), ...(url === undefined ? {} : { url }),
        };
        return (await broker.call<CheckResult, CheckParams>("quality.check", params, { nodeID: broker.nodeID, timeout: CHECK_MS, retries: 0, tracking: false })).reports;
      };
      return needsFile ? await throughDoor(job.openFile(), ask) : await ask();
    });
  }

  /** The same segment, made again until it is good; undefined bytes: it never was. */
  async function improve(job: Job, rendition: Rendition, init: Buffer, { segment, bytes }: Entry, report: SegmentReport | undefined): Promise<{ bytes: Buffer | undefined; report: SegmentReport }> {
    let latest: SegmentReport = report ?? { segment, findings: [], frames: 0 };
    let made = bytes;
    for (const [retries, effort] of [...EFFORTS.entries()].slice(1)) {
      const [worst] = latest.findings;
      if (worst === undefined) return { bytes: made, report: latest };
      broker.logger.warn(`Video ${job.videoId}: ${rendition.name}/${segment} is not good (${worst.fault}: ${worst.detail}); made again, ${effort}.`);
      try {
        made = await remake(job, slots, rendition, segment, effort, init);
        const [again] = await check(job, rendition, init, [{ segment, bytes: made }]);
        latest = { ...(again ?? latest), retries };
      } catch (error) {
        if (job.signal.aborted) throw error;
        broker.logger.warn(`Video ${job.videoId}: ${rendition.name}/${segment} could not be made again: ${errorMessage(error)}`);
      }
    }
    return { bytes: latest.findings.length === 0 ? made : undefined, report: latest };
  }

  /** Before anyone is told: with it nobody makes a refused segment for the store again. */
  async function note({ videoId, rendition }: Line, reports: readonly SegmentReport[]): Promise<void> {
    const refused = reports.filter(({ findings }) => findings.length > 0);
    const good = reports.filter(({ findings }) => findings.length === 0);
    await broker.call<void, NoteQualityParams>("videos.noteQuality", { id: videoId, rendition, reports: good, refused });
    for (const { segment, findings: [worst] } of refused) {
      if (worst === undefined) continue;
      metrics.count("lectern_quality_refusals_total", { reason: worst.fault });
      broker.logger.warn(`Video ${videoId}: ${rendition}/${segment} is refused (${worst.fault}: ${worst.detail}).`);
      announce(broker, "segment.refused", { videoId, rendition, segment, fault: worst.fault } satisfies SegmentRefused);
    }
  }

  return {
    /** The init segment that the rendition's next segments go with. */
    note(videoId: string, rendition: string, init: Buffer): void {
      inits.set(`${videoId}/${rendition}`, ownBytes(init));
    },
    /** What may be stored: these bytes, or better ones; undefined: nothing. @throws what kept the check from its end */
    async inspect(videoId: string, rendition: string, segment: number, bytes: Buffer): Promise<Buffer | undefined> {
      if (await isRefused(broker, videoId, rendition, segment)) return undefined;
      const settle = Promise.withResolvers<Buffer | undefined>();
      const line = lineOf(videoId, rendition);
      line.waiting.push({ segment, bytes, settle });
      work(line).catch((error: unknown) => settle.reject(error));
      return await settle.promise;
    },
  };
}

export type Inspection = ReturnType<typeof openInspection>;

export async function isRefused(broker: ServiceBroker, videoId: string, rendition: string, segment: number): Promise<boolean> {
  return (await broker.call<unknown, KeyParams>("storage.head", { key: objectKeys.refusal(videoId, rendition, String(segment)) })) !== null;
}

function take(line: Line): Entry[] {
  const { batch, rest } = takeConsecutive(line.waiting);
  line.waiting = rest;
  return batch;
}

/** The source's packets of the segments [first, end), where they can be had, and whether FFmpeg has to read the source itself. */
async function readSource({ plan, readPackets }: Job, rendition: Rendition, first: number, end: number): Promise<{ packets?: CheckParams["packets"]; needsFile: boolean }> {
  const { facts, timescale, boundaries, cut } = plan;
  const { video, originTicks } = facts;
  if (rendition.kind === "audio" && rendition.mode === "encode") return { needsFile: true };
  if (rendition.kind === "video" && cut === "grid") return { needsFile: true };
  const audio = rendition.kind === "audio" ? facts.audio[rendition.track] : undefined;
  const track = audio ?? video;
  const origin = rescaleCeil(originTicks, video.timescale, track.timescale);
  const at = (boundary: number): number => origin + rescaleCeil(boundaries[boundary] ?? 0, timescale, track.timescale);
  const packets = await readPackets({ track: audio === undefined ? "video" : "audio", index: track.index, timescale: track.timescale, from: at(first), to: at(end) });
  return { packets, needsFile: false };
}
