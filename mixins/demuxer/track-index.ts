/** What the index of a video track says of its frames: from flat sample tables where there are any, else from the container reader. */
import { EncodedPacketSink, type InputVideoTrack } from "mediabunny";
import type { SampleTable } from "../../media/mp4/sample-tables.ts";

/** Times in ticks of the track. */
export interface TrackIndex {
  /** First presentation time, and the end of the frame that ends last. */
  start: number;
  end: number;
  /** Presentation times, ascending. */
  keyFrames: number[];
  /** Gaps between the first frames in order of presentation. */
  gaps: number[];
  /** A frame is shown before the key frame it follows. */
  openGop: boolean;
}

/** Frames that are looked at for the frame rate, and by the container reader for open groups of pictures. */
const SAMPLED_PACKETS = 300;
/** The last of these may be missing frames that come later in the file but are shown before them. */
const REORDERED = 16;
const MORE = { metadataOnly: true } as const;

export function indexOfTable({ count, pts, durations, keys }: SampleTable): TrackIndex | undefined {
  let [start, end, openGop, next, key] = [Infinity, -Infinity, false, 0, -Infinity];
  for (let i = 0; i < count; i++) {
    const time = pts[i] ?? 0;
    if (time < start) start = time;
    if (time + (durations[i] ?? 0) > end) end = time + (durations[i] ?? 0);
    if (keys[next] === i) {
      next++;
      key = time;
    } else if (time < key) openGop = true;
  }
  if (keys.length === 0 || end <= start) return undefined;
  return { start, end, openGop, keyFrames: Array.from(keys, (i) => pts[i] ?? 0), gaps: gapsOf(Array.from(pts.subarray(0, SAMPLED_PACKETS))) };
}

/** `wantsKeys`: in Matroska finding them costs a look at every cluster. */
export async function indexOfTrack(track: InputVideoTrack, timescale: number, wantsKeys: boolean): Promise<TrackIndex | undefined> {
  const ticks = (seconds: number): number => Math.round(seconds * timescale);
  const sink = new EncodedPacketSink(track);
  const keyFrames = wantsKeys ? await findKeyFrames(sink, ticks) : [];
  const times: number[] = [];
  let [key, openGop] = [-Infinity, false];
  for (let packet = await sink.getFirstPacket(MORE); packet !== null && times.length < SAMPLED_PACKETS; packet = await sink.getNextPacket(packet, MORE)) {
    const time = ticks(packet.timestamp);
    if (packet.type === "key") key = time;
    else if (time < key) openGop = true;
    times.push(time);
  }
  const end = ticks(await track.computeDuration(MORE));
  const start = Math.min(...times);
  if ((wantsKeys && keyFrames.length === 0) || times.length === 0 || end <= start) return undefined;
  return { start, end, openGop, keyFrames, gaps: gapsOf(times) };
}

async function findKeyFrames(sink: EncodedPacketSink, ticks: (seconds: number) => number): Promise<number[]> {
  const times: number[] = [];
  for (let key = await sink.getFirstKeyPacket(MORE); key !== null; key = await sink.getNextKeyPacket(key, MORE)) times.push(ticks(key.timestamp));
  return times;
}

/** Of times in decode order. */
function gapsOf(times: readonly number[]): number[] {
  const sorted = times.toSorted((a, b) => a - b);
  const whole = sorted.length < SAMPLED_PACKETS ? sorted : sorted.slice(0, -REORDERED);
  return whole.slice(1).map((time, i) => time - (whole[i] ?? time));
}
