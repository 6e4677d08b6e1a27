/** The requests of a term in flat arrays, so that each policy replays the same ones, and quickly. */
import { countSegments, listRequests, PICTURES, segmentSeconds, type Picture } from "../viewing/segment-requests.ts";
import type { Catalogue } from "../viewing/catalogue.ts";
import { listViews } from "../viewing/views.ts";
import type { MakingCosts } from "./costs.ts";

/** Of each request. A rendition is `video * PICTURES.length + picture`; a key is one segment of one rendition. */
export interface Trace {
  catalogue: Catalogue;
  length: number;
  /** Seconds since the term began. */
  at: Float64Array;
  key: Uint32Array;
  rendition: Uint32Array;
  segment: Uint16Array;
  /** 1: a run of media begins here, and somebody waits. 2: a view does. */
  begins: Uint8Array;
  /** The video whose viewer goes on to this one, or -1. */
  cameFrom: Int32Array;
  /** First key of each rendition; one more at the end. */
  keys: Uint32Array;
}

export function openTrace(catalogue: Catalogue): Trace {
  const { videos } = catalogue;
  const keys = new Uint32Array(videos.length * PICTURES.length + 1);
  for (let r = 0; r < keys.length - 1; r++) keys[r + 1] = (keys[r] ?? 0) + countSegments(videos[Math.floor(r / PICTURES.length)]?.seconds ?? 0);
  let room = catalogue.term.views * 100;
  let trace = { at: new Float64Array(room), key: new Uint32Array(room), rendition: new Uint32Array(room), segment: new Uint16Array(room), begins: new Uint8Array(room), cameFrom: new Int32Array(room) };
  let length = 0;
  for (const { at, video, picture, segment, isFirst, isBegin, event } of listRequests(listViews(catalogue), catalogue)) {
    if (length === room) {
      room *= 2;
      trace = { at: grown(trace.at, room), key: grown(trace.key, room), rendition: grown(trace.rendition, room), segment: grown(trace.segment, room), begins: grown(trace.begins, room), cameFrom: grown(trace.cameFrom, room) };
    }
    const rendition = video * PICTURES.length + picture;
    trace.at[length] = at;
    trace.key[length] = (keys[rendition] ?? 0) + segment;
    trace.rendition[length] = rendition;
    trace.segment[length] = segment;
    trace.begins[length] = isBegin ? 2 : isFirst ? 1 : 0;
    trace.cameFrom[length] = isBegin ? (event.cameFrom ?? -1) : -1;
    length++;
  }
  return { ...trace, catalogue, keys, length };
}

type Typed = Float64Array | Uint32Array | Uint16Array | Uint8Array | Int32Array;
function grown<T extends Typed>(from: T, length: number): T {
  const to = new (from.constructor as new (length: number) => T)(length);
  to.set(from);
  return to;
}

export const videoOf = (rendition: number): number => Math.floor(rendition / PICTURES.length);
export const pictureOf = (rendition: number): Picture => PICTURES[rendition % PICTURES.length] ?? "360p";
export const isEncoded = ({ catalogue }: Trace, rendition: number): boolean => pictureOf(rendition) !== "top" || catalogue.videos[videoOf(rendition)]?.encodedOnly === true;
export const secondsOf = ({ catalogue }: Trace, rendition: number, segment: number): number => segmentSeconds(segment, catalogue.videos[videoOf(rendition)]?.seconds ?? 0);

/** Seconds of a processor to make one segment for somebody who waits for it. */
export function aloneCost(trace: Trace, costs: MakingCosts, rendition: number, segment: number): number {
  const seconds = secondsOf(trace, rendition, segment);
  return isEncoded(trace, rendition) ? costs.startSec + seconds * (costs.decodeSec + costs.encodeSec[pictureOf(rendition)]) : seconds * costs.repackageSec;
}

/** Without a cache: each request makes its segment. */
export function costWithoutCache(trace: Trace, costs: MakingCosts): number {
  let sum = 0;
  for (let n = 0; n < trace.length; n++) sum += aloneCost(trace, costs, trace.rendition[n] ?? 0, trace.segment[n] ?? 0);
  return sum;
}

/**
 * What nobody can go below, knowing the future, with room for everything: each segment that is ever asked for is encoded once,
 * its source decoded once for all renditions of it that are, and no FFmpeg is ever started.
 */
export function leastCost(trace: Trace, costs: MakingCosts): number {
  const asked = new Uint8Array(trace.keys[trace.keys.length - 1] ?? 0);
  const decoded = new Set<number>();
  let sum = 0;
  for (let n = 0; n < trace.length; n++) {
    const [key, rendition, segment] = [trace.key[n] ?? 0, trace.rendition[n] ?? 0, trace.segment[n] ?? 0];
    if (asked[key] === 1) continue;
    asked[key] = 1;
    const seconds = secondsOf(trace, rendition, segment);
    if (!isEncoded(trace, rendition)) {
      sum += seconds * costs.repackageSec;
      continue;
    }
    const source = videoOf(rendition) * 65_536 + segment;
    sum += seconds * (costs.encodeSec[pictureOf(rendition)] + (decoded.has(source) ? 0 : costs.decodeSec));
    decoded.add(source);
  }
  return sum;
}

/** What a converter spends when a lecture is posted: every picture of every lecture encoded, the best too, each source decoded once in one FFmpeg. */
export function fullLadder({ catalogue }: Trace, costs: MakingCosts): { cpuSec: number; bytes: number } {
  const ofAll = (each: Record<Picture, number>): number => PICTURES.reduce((sum, picture) => sum + each[picture], 0);
  const seconds = catalogue.videos.reduce((sum, video) => sum + video.seconds, 0);
  return { cpuSec: catalogue.videos.length * costs.startSec + seconds * (costs.decodeSec + ofAll(costs.encodeSec)), bytes: seconds * ofAll(costs.bytesPerSec) };
}
