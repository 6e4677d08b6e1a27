/** Makes segments of planned files as a node does, with the real demuxer, copies, door and FFmpeg. */
import { ServiceBroker } from "moleculer";
import type { SegmentName } from "../../media/media-names.ts";
import { segmentCount } from "../../media/plan-video.ts";
import { closeDemuxer, openDemuxer } from "../../mixins/demuxer/demuxer.ts";
import { openRemuxes, type Remux } from "../../mixins/remux.ts";
import { openSourceDoor } from "../../mixins/source-door.ts";
import { warmFfmpeg } from "../../mixins/ffmpeg.ts";
import { openSlots } from "../../services/transcoder/slots.ts";
import { openWorkshop, type Job } from "../../services/transcoder/workshop.ts";
import { openTestGuest } from "./guest.ts";
import { REMUX_SETTINGS, type PlannedFile } from "./plan-file.ts";

export interface SegmentMaker {
  /** Presentation times of all frames that are decoded, ascending, in ticks of the timeline. */
  frameTimes(file: PlannedFile): Promise<number[]>;
  make(file: PlannedFile, rendition: string, segment: SegmentName): Promise<Buffer>;
  /** Init segment and all segments, made one by one in this order (default: from the last to the first), joined. */
  join(file: PlannedFile, rendition: string, order?: readonly number[]): Promise<Buffer>;
  close(): Promise<void>;
}

let serial = 0;

export async function openSegmentMaker(): Promise<SegmentMaker> {
  await warmFfmpeg(await openTestGuest());
  const { logger } = new ServiceBroker({ logger: false });
  const door = await openSourceDoor(logger);
  const remuxes = await openRemuxes(REMUX_SETTINGS, logger);
  const demuxer = openDemuxer();
  const complaints: string[] = [];
  const workshop = openWorkshop({ slots: openSlots(2), threads: { play: 1, background: 1 }, onMade: () => undefined, onFailure: (_, message) => complaints.push(message) });
  const jobs = new WeakMap<PlannedFile, Promise<Job>>();

  async function openJob({ bytes, plan, facts }: PlannedFile): Promise<Job> {
    const read = async (start: number, end: number): Promise<Buffer> => Buffer.from(bytes.subarray(start, end));
    const original: Remux = { source: { key: `made ${++serial}`, size: bytes.length }, read };
    const indexed = facts.reader === "remux" ? await remuxes.open(original.source, read) : original;
    return {
      videoId: original.source.key, plan, signal: new AbortController().signal,
      readPackets: (span) => demuxer.packets(indexed.source, indexed.read, span),
      openFile: () => door.open({ size: indexed.source.size, read: indexed.read }),
      openOriginal: () => door.open({ size: indexed.source.size, read: indexed.read }),
    };
  }

  const jobOf = (file: PlannedFile): Promise<Job> => {
    const job = jobs.get(file) ?? openJob(file);
    jobs.set(file, job);
    return job;
  };

  async function make(file: PlannedFile, rendition: string, segment: SegmentName): Promise<Buffer> {
    try {
      const { bytes, done } = workshop.make(await jobOf(file), rendition, segment);
      const [whole] = await Promise.all([bytes.whole(), done]);
      return whole;
    } catch (error) {
      throw new Error(`${rendition}/${segment}: ${complaints.join("\n")}`, { cause: error });
    }
  }

  return {
    async frameTimes(file) {
      const { video, originTicks } = file.facts;
      const { readPackets } = await jobOf(file);
      const packets = await readPackets({ track: "video", index: video.index, timescale: video.timescale, from: video.start, to: video.end });
      return packets.map(({ pts }) => pts - originTicks).filter((time) => time >= 0).toSorted((a, b) => a - b);
    },
    make,
    async join(file, rendition, order = Array.from({ length: segmentCount(file.plan) }, (_, n) => n).toReversed()) {
      const segments: Buffer[] = [];
      for (const segment of order) segments[segment] = await make(file, rendition, segment);
      return Buffer.concat([await make(file, rendition, "init"), ...segments]);
    },
    async close() {
      await closeDemuxer();
      await remuxes.close();
      await door.close();
    },
  };
}
