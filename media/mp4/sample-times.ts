/** When the samples of a track are shown, and which can be decoded alone (ISO/IEC 14496-12 8.6). Pure. */
import { BoxReader, findBox, getBox, type Box } from "../cmaf/boxes.ts";
import { readEntries, u32At } from "./table-entries.ts";

/** A run-length table of pairs: how often, what. */
const RUN_BYTES = 8;

/** In ticks, of the first sample. */
export function firstDuration(boxes: readonly Box[]): number {
  const { count, bytes } = readEntries(getBox(boxes, "stts"), RUN_BYTES);
  return count === 0 ? 0 : u32At(bytes, 4);
}

/** In ticks of the track; undefined where there are not times for all, or they are beyond counting. */
export function readTimes(boxes: readonly Box[], samples: number, edit: number): { pts: Float64Array; durations: Uint32Array } | undefined {
  const stts = readEntries(getBox(boxes, "stts"), RUN_BYTES);
  const [pts, durations] = [new Float64Array(samples), new Uint32Array(samples)];
  let [sample, time] = [0, 0 - edit];
  for (let run = 0; run < stts.count; run++) {
    const delta = u32At(stts.bytes, run * 8 + 4);
    for (let left = u32At(stts.bytes, run * 8); left > 0 && sample < samples; left--, sample++) {
      pts[sample] = time;
      durations[sample] = delta;
      time += delta;
    }
  }
  if (sample < samples || !Number.isSafeInteger(time)) return undefined;
  const ctts = findBox(boxes, "ctts");
  if (ctts === undefined) return { pts, durations };
  const offsets = readEntries(ctts, RUN_BYTES);
  sample = 0;
  for (let run = 0; run < offsets.count; run++) {
    const offset = u32At(offsets.bytes, run * 8 + 4) | 0; // signed in practice, whatever the version says
    for (let left = u32At(offsets.bytes, run * 8); left > 0 && sample < samples; left--, sample++) pts[sample] = (pts[sample] ?? 0) + offset;
  }
  return { pts, durations };
}

/** Without the table every sample is one (8.6.2). */
export function readKeys(stss: Box | undefined, samples: number): Uint32Array {
  if (stss === undefined) {
    const all = new Uint32Array(samples);
    for (let i = 0; i < samples; i++) all[i] = i;
    return all;
  }
  const reader = new BoxReader(stss.body);
  reader.fullBoxHeader();
  const count = reader.u32();
  const bytes = reader.bytes(count * 4);
  const keys: number[] = [];
  for (let i = 0; i < count; i++) {
    const key = u32At(bytes, i * 4) - 1;
    if (key > (keys.at(-1) ?? -1) && key < samples) keys.push(key);
  }
  return Uint32Array.from(keys);
}

/** Indices of `times` by ascending time; of equal times, in order. */
export function presentationOrder(times: Float64Array): Uint32Array {
  const order = Uint32Array.from(times, (_, i) => i);
  // Nearly sorted already, for frames are moved by a few places at most. Whoever says otherwise pays no more than a sort.
  let moves = order.length * 64;
  for (let i = 1; i < order.length; i++) {
    const moved = order[i] ?? 0;
    const time = times[moved] ?? 0;
    let at = i;
    for (; at > 0 && (times[order[at - 1] ?? 0] ?? 0) > time; at--) order[at] = order[at - 1] ?? 0;
    order[at] = moved;
    moves -= i - at;
    if (moves < 0) return order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  }
  return order;
}

/**
 * What a decoder does with times that cannot be. A decoder shows all it has before a key frame: where a clock was set back
 * the group of pictures moves behind them, and the ones after it as little as that takes. A frame on top of another comes
 * a tick later.
 */
export function mendTimes(times: Float64Array, keys: Uint32Array): void {
  let latest = -Infinity;
  keys.forEach((key, i) => {
    const end = keys[i + 1] ?? times.length;
    const moved = Math.max(0, latest + 1 - (times[key] ?? 0));
    for (let sample = key; sample < end; sample++) {
      times[sample] = (times[sample] ?? 0) + (latest === -Infinity ? 0 : moved);
      latest = Math.max(latest, times[sample] ?? 0);
    }
  });
  let last = -Infinity;
  for (const i of presentationOrder(times)) {
    last = Math.max(times[i] ?? 0, last + 1);
    times[i] = last;
  }
}
