/** What the index of a video track says of its frames: from flat sample tables where there are any, else from the container reader. */
import { EncodedPacketSink, type EncodedPacket, type InputVideoTrack } from "mediabunny";
import { isBidirectional, naluLengthSize } from "../../media/h264.ts";
import type { SampleTable } from "../../media/mp4/sample-tables.ts";
import { presentationOrder } from "../../media/mp4/sample-times.ts";
import { toBytes } from "./to-bytes.ts";

/** Times in ticks of the track. */
export interface TrackIndex {
  /** First presentation time of a frame that can be decoded, and the end of the frame that ends last. */
  start: number;
  end: number;
  /** Presentation times, ascending. */
  keyFrames: number[];
  /** Bytes of each group of pictures; absent where the sizes are not known without reading the file. */
  gopBytes?: number[];
  /** Of other frames, as `VideoFacts` has them. */
  splitFrames: number[];
  /** How many frames can be decoded, and how many of them an edit list may have put before 0; absent like `gopBytes`. */
  frames?: number;
  framesBeforeZero?: number;
  /** Gaps between the first frames in order of presentation. */
  gaps: number[];
  /** A frame is shown before the key frame it follows. */
  openGop: boolean;
}

/** Frames that are looked at for the frame rate, and by the container reader for open groups of pictures. */
const SAMPLED_PACKETS = 300;
/** The last of these may be missing frames that come later in the file but are shown before them. */
const REORDERED = 16;
/** Key frames nearer to each other than this are all that a cut needs; at the beginning, where segments are short, nearer ones. */
const NEAR_SEC = 5;
const NEAR_AT_START_SEC = 2.5;
const START_SEC = 6;
const SPLIT_SEC = 1;
const CLOSE_SEC = 0.25;
/** The frame before a gap of this length may be shown again in the middle of it. */
const GAP_SEC = 3;
const MORE = { metadataOnly: true } as const;
/** Some writers call frames key frames that are none: the frames themselves are asked. */
const VERIFIED = { verifyKeyPackets: true } as const;

export function indexOfTable({ timescale, count, pts, durations, sizes, keys }: SampleTable): TrackIndex | undefined {
  const [firstKey] = keys;
  if (firstKey === undefined) return undefined;
  // What comes before the first key frame, in the file or on the screen, cannot be decoded.
  const start = pts[firstKey] ?? 0;
  const order = presentationOrder(pts).filter((i) => i >= firstKey && (pts[i] ?? 0) >= start);
  let [end, openGop, next, key] = [-Infinity, false, 0, -Infinity];
  const gopBytes: number[] = [];
  for (let i = firstKey; i < count; i++) {
    const time = pts[i] ?? 0;
    end = Math.max(end, time + (durations[i] ?? 0));
    if (keys[next] === i) {
      next++;
      key = time;
      gopBytes.push(0);
    } else if (time < key) openGop = true;
    gopBytes[gopBytes.length - 1] = (gopBytes.at(-1) ?? 0) + (sizes[i] ?? 0);
  }
  if (end <= start) return undefined;
  const times = Array.from(order, (i) => pts[i] ?? 0);
  const thinned = thinKeys(Array.from(keys, (i) => pts[i] ?? 0), gopBytes, timescale);
  return {
    start, end, openGop, ...thinned,
    frames: times.length, framesBeforeZero: times.filter((time) => time < 0).length,
    splitFrames: findSplits(times, thinned.keyFrames, end, timescale),
    gaps: gapsOf(Array.from(pts.subarray(firstKey, firstKey + SAMPLED_PACKETS))),
  };
}

/** Where every frame is a key frame, an hour has a hundred thousand of them; a cut needs a few a second. */
function thinKeys(keyFrames: readonly number[], gopBytes: readonly number[], timescale: number): { keyFrames: number[]; gopBytes: number[] } {
  const kept: { keyFrames: number[]; gopBytes: number[] } = { keyFrames: [], gopBytes: [] };
  keyFrames.forEach((time, i) => {
    const near = time - (kept.keyFrames.at(-1) ?? -Infinity) < CLOSE_SEC * timescale;
    if (near) kept.gopBytes[kept.gopBytes.length - 1] = (kept.gopBytes.at(-1) ?? 0) + (gopBytes[i] ?? 0);
    else {
      kept.keyFrames.push(time);
      kept.gopBytes.push(gopBytes[i] ?? 0);
    }
  });
  return kept;
}

/** `times` ascending. */
function findSplits(times: readonly number[], keyFrames: readonly number[], end: number, timescale: number): number[] {
  const splits: number[] = [];
  let key = 0;
  let last = times[0] ?? 0;
  const startUntil = last + START_SEC * timescale;
  times.forEach((time, i) => {
    while ((keyFrames[key] ?? Infinity) <= time) last = keyFrames[key++] ?? time;
    if (last === time) return; // a key frame
    const far = (keyFrames[key] ?? end) - (keyFrames[key - 1] ?? time) > (time < startUntil ? NEAR_AT_START_SEC : NEAR_SEC) * timescale;
    const gap = (times[i + 1] ?? end) - time;
    if (gap <= GAP_SEC * timescale && !(far && time - last >= SPLIT_SEC * timescale)) return;
    splits.push(time);
    last = time;
  });
  return splits;
}

export interface TrackReading {
  timescale: number;
  /** Whether key frames are of use. */
  wantsKeys: boolean;
  /** Seconds at which the container says that the track can be entered, ascending; empty where it does not. */
  cues: readonly number[];
}

/** Without cues, finding the key frames of a Matroska file costs a look at every cluster. */
export async function indexOfTrack(track: InputVideoTrack, { timescale, wantsKeys, cues }: TrackReading): Promise<TrackIndex | undefined> {
  const ticks = (seconds: number): number => Math.round(seconds * timescale);
  const sink = new EncodedPacketSink(track);
  if (await hasDecodeTimes(track, sink)) return undefined;
  const end = ticks(await track.computeDuration(MORE));
  const cued = wantsKeys ? await verifyCues(sink, cues.map(ticks), timescale) : undefined;
  const keyFrames = wantsKeys ? thinKeys(cued ?? await findKeyFrames(sink, ticks), [], timescale).keyFrames : [];
  const times: number[] = [];
  let [key, openGop] = [-Infinity, false];
  for (let packet = await sink.getFirstPacket(VERIFIED); packet !== null && times.length < SAMPLED_PACKETS; packet = await sink.getNextPacket(packet, VERIFIED)) {
    const time = ticks(packet.timestamp);
    if (packet.type === "key") key = time;
    else if (time < key) openGop = true;
    times.push(time);
  }
  const start = keyFrames[0] ?? Math.min(...times);
  if ((wantsKeys && keyFrames.length === 0) || times.length === 0 || end <= start) return undefined;
  const sparse = keyFrames.some((time, i) => (keyFrames[i + 1] ?? end) - time > NEAR_SEC * timescale);
  const beginning = wholeOf(times);
  const splitFrames = !wantsKeys ? []
    : sparse && cued === undefined ? findSplits(await findTimes(sink, ticks), keyFrames, end, timescale)
    : findSplits(beginning, keyFrames, beginning.at(-1) ?? end, timescale);
  return { start, end, openGop, keyFrames, splitFrames, gaps: gapsOf(times) };
}

/** Cues that are held against the frames, spread over the video. */
const EXAMINED_CUES = 4;

/** Cues in ticks, where they begin with the first key frame and a sample of them is of key frames; else nothing. */
async function verifyCues(sink: EncodedPacketSink, cues: readonly number[], timescale: number): Promise<readonly number[] | undefined> {
  const isAt = (packet: EncodedPacket | null, cue: number | undefined): boolean => packet !== null && Math.round(packet.timestamp * timescale) === cue;
  // Half a tick on: the packet at exactly the cue must not be missed for a rounding of its time.
  const keyAt = async (index: number): Promise<boolean> => isAt(await sink.getKeyPacket(((cues[index] ?? 0) + 0.5) / timescale, VERIFIED), cues[index]);
  if (cues.length === 0 || !isAt(await sink.getFirstKeyPacket(VERIFIED), cues[0])) return undefined;
  const sample = Array.from({ length: EXAMINED_CUES }, (_, i) => Math.floor(((i + 1) * (cues.length - 1)) / EXAMINED_CUES));
  return (await Promise.all(sample.map(keyAt))).every(Boolean) ? cues : undefined;
}

/** Frames that are looked at one by one. */
const EXAMINED_PACKETS = 12;

/**
 * Whether a container that has one time for each frame gives the times of decoding, as some writers do: frames that are
 * shown out of order then come with ascending times.
 */
async function hasDecodeTimes(track: InputVideoTrack, sink: EncodedPacketSink): Promise<boolean> {
  const config = await track.getDecoderConfig();
  if ((await track.getCodec()) !== "avc" || config?.description === undefined) return false;
  const lengthSize = naluLengthSize(toBytes(config.description));
  let [last, reordered] = [-Infinity, false];
  let packet = await sink.getFirstPacket();
  for (let i = 0; packet !== null && i < EXAMINED_PACKETS; i++) {
    if (packet.timestamp <= last) return false;
    last = packet.timestamp;
    reordered ||= isBidirectional(packet.data, lengthSize);
    packet = await sink.getNextPacket(packet);
  }
  return reordered;
}

async function findKeyFrames(sink: EncodedPacketSink, ticks: (seconds: number) => number): Promise<number[]> {
  const times: number[] = [];
  for (let key = await sink.getFirstKeyPacket(VERIFIED); key !== null; key = await sink.getNextKeyPacket(key, VERIFIED)) times.push(ticks(key.timestamp));
  return times;
}

/** Of all frames from the first key frame on, ascending. Reads the whole of a Matroska file, as the look for key frames did. */
async function findTimes(sink: EncodedPacketSink, ticks: (seconds: number) => number): Promise<number[]> {
  const times: number[] = [];
  for (let packet = await sink.getFirstKeyPacket(VERIFIED); packet !== null; packet = await sink.getNextPacket(packet, MORE)) times.push(ticks(packet.timestamp));
  return times.sort((a, b) => a - b);
}

/** Times in decode order, of the first frames of a video: in order of presentation, without the last, between which others may be shown. */
function wholeOf(times: readonly number[]): number[] {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted.length < SAMPLED_PACKETS ? sorted : sorted.slice(0, -REORDERED);
}

/** Of times in decode order. */
function gapsOf(times: readonly number[]): number[] {
  const whole = wholeOf(times);
  return whole.slice(1).map((time, i) => time - (whole[i] ?? time));
}
