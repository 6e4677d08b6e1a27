/** Segments of a file as the transcoder makes them, with all that a check of them needs. */
import { ServiceBroker } from "moleculer";
import type { Packet } from "../../media/cmaf/samples.ts";
import { findRendition } from "../../media/plan-video.ts";
import { rescaleCeil } from "../../media/rational.ts";
import { closeDemuxer, openDemuxer } from "../../mixins/demuxer/demuxer.ts";
import { openRemuxes, type Remux } from "../../mixins/remux.ts";
import { openSourceDoor } from "../../mixins/source-door.ts";
import type { CheckParams } from "../../services/quality/quality.contract.ts";
import { encodeAudio, encodeVideo, type EncodeJob } from "../../services/transcoder/encode.ts";
import { repackageAudio, repackagedInit, repackageVideo } from "../../services/transcoder/repackage.ts";
import { REMUX_SETTINGS, type PlannedFile } from "./plan-file.ts";

export interface SegmentFactory {
  /** Segments [first, last] of a rendition; the URL is good until `close`. FFmpeg must be warm. */
  make(file: PlannedFile, rendition: string, first?: number, last?: number): Promise<CheckParams>;
  close(): Promise<void>;
}

export async function openSegmentFactory(): Promise<SegmentFactory> {
  const door = await openSourceDoor(new ServiceBroker({ logger: false }).logger);
  const demuxer = openDemuxer();
  const remuxes = await openRemuxes(REMUX_SETTINGS, new ServiceBroker({ logger: false }).logger);
  let sources = 0;
  return {
    async make({ bytes, plan, facts }, name, first = 0, last = plan.boundaries.length - 2) {
      const rendition = findRendition(plan, name);
      if (rendition === undefined) throw new Error(`there is no ${name}`);
      const original: Remux = { source: { key: `factory ${sources++}`, size: bytes.byteLength }, read: async (start, end) => Buffer.from(bytes.subarray(start, end)) };
      const { source, read } = facts.reader === "remux" ? await remuxes.open(original.source, original.read) : original;
      const readPackets: EncodeJob["readPackets"] = (span) => demuxer.packets(source, read, span);
      const { url } = door.open({ size: source.size, read });
      const segments: Buffer[] = [];
      let init: Buffer = Buffer.alloc(0);
      if (rendition.mode === "repackage") {
        init = repackagedInit(plan, rendition);
        for (let n = first; n <= last; n++) segments.push(rendition.kind === "video" ? await repackageVideo(plan, n, readPackets) : await repackageAudio(plan, rendition, n, readPackets));
      } else {
        const chunks = new Map<number, Buffer[]>();
        const job: EncodeJob = {
          plan, first, last, threads: 1, niceness: 0, lane: "play", signal: new AbortController().signal, readPackets,
          openFile: () => ({ url, failure: () => undefined, close: () => undefined }),
          onInit: (_, made) => { init = made; },
          onChunk: (_, segment, made) => { chunks.set(segment, [...(chunks.get(segment) ?? []), made]); },
          onEnd: (_, segment) => { segments.push(Buffer.concat(chunks.get(segment) ?? [])); },
        };
        const outcome = rendition.kind === "video" ? await encodeVideo(job, [rendition]) : await encodeAudio(job, rendition);
        if (outcome.outcome !== "done") throw new Error(JSON.stringify(outcome));
      }
      const packets = await readSpan();
      return { videoId: "01arz3ndektsv4rrffq69g5fav", plan, rendition: name, first, init, segments, url, ...(packets === undefined ? {} : { packets }) };

      async function readSpan(): Promise<Packet[] | undefined> {
        if (facts.reader === "probe" || (rendition?.kind === "video" && plan.cut === "grid")) return undefined;
        const audio = rendition?.kind === "audio" ? facts.audio[rendition.track] : undefined;
        const track = audio ?? facts.video;
        const origin = rescaleCeil(facts.originTicks, facts.video.timescale, track.timescale);
        const at = (boundary: number): number => origin + rescaleCeil(plan.boundaries[boundary] ?? 0, plan.timescale, track.timescale);
        return await demuxer.packets(source, read, { track: audio === undefined ? "video" : "audio", index: track.index, timescale: track.timescale, from: at(first), to: at(last + 1) });
      }
    },
    async close() {
      await door.close();
      await closeDemuxer();
      await remuxes.close();
    },
  };
}
