/** Where the samples of a track are (ISO/IEC 14496-12 8.7): how long each is, in which chunk, and where that begins. Pure. */
import { BoxReader, findBox, type Box } from "../cmaf/boxes.ts";
import type { Movie, Range } from "./movie.ts";
import { gapIn, isKnown, readEntries, u32At } from "./table-entries.ts";

/** Samples [gap.start, gap.end) have no size yet. */
export interface Sizes { sizes: Uint32Array; gap: Range }

/** Their count is only said; it is no longer than any table that is written out. */
const MAX_EQUAL_SAMPLES = 3_000_000;

/**
 * Samples of one size are sound without frames (PCM), one tick each, which the container reader puts together as it likes;
 * or they are framed: sound of a constant rate (MPEG-1 layer II, AC-3), seldom pictures.
 */
export function readSizes(stsz: Box | undefined, framed: boolean, movie: Movie): Sizes | undefined {
  if (stsz === undefined) return undefined; // stz2: rare
  const reader = new BoxReader(stsz.body);
  reader.fullBoxHeader();
  const [constant, count] = [reader.u32(), reader.u32()];
  if (constant !== 0) return framed && count <= MAX_EQUAL_SAMPLES ? { sizes: new Uint32Array(count).fill(constant), gap: { start: count, end: count } } : undefined;
  if (count * 4 > reader.remaining) return undefined;
  const sizes = new Uint32Array(count);
  const bytes = reader.bytes(count * 4);
  const gap = gapIn(bytes, 4, movie);
  for (let i = 0; i < gap.start; i++) sizes[i] = u32At(bytes, i * 4);
  for (let i = gap.end; i < count; i++) sizes[i] = u32At(bytes, i * 4);
  return { sizes, gap };
}

/**
 * Bytes from the start of the file. `loaded`: so many samples from the first on have their place and size; of the others
 * only those of the last chunk have them, which tells whether the file goes so far. Undefined where the tables do not
 * lead to every sample, or not to the last ones.
 */
export function readOffsets(boxes: readonly Box[], { sizes, gap }: Sizes, movie: Movie): { offsets: Float64Array; loaded: number } | undefined {
  const wide = findBox(boxes, "co64");
  const chunkBox = wide ?? findBox(boxes, "stco");
  const stsc = findBox(boxes, "stsc");
  if (chunkBox === undefined || stsc === undefined) return undefined;
  const chunks = readEntries(chunkBox, wide === undefined ? 4 : 8, movie);
  const runs = readEntries(stsc, 12, movie);
  const { length: count } = sizes;
  const offsets = new Float64Array(count);

  /** Where it is known. */
  const fillChunk = (chunk: number, from: number, until: number): void => {
    let offset = wide === undefined ? u32At(chunks.bytes, chunk * 4) : Number(chunks.bytes.readBigUInt64BE(chunk * 8));
    for (let sample = from; sample < until; sample++) {
      offsets[sample] = offset;
      offset += sizes[sample] ?? 0;
    }
  };

  let [sample, loaded] = [0, gap.start];
  let [run, perChunk] = [-1, 0];
  let last = { chunk: -1, sample: 0 };
  const isLost = (): boolean => run + 1 < runs.count && !isKnown(runs, run + 1);
  for (let chunk = 0; chunk < chunks.count && sample < count; chunk++) {
    // A run holds from its first chunk (counted from 1) until the next run's.
    while (run + 1 < runs.count && isKnown(runs, run + 1) && u32At(runs.bytes, (run + 1) * 12) <= chunk + 1) perChunk = u32At(runs.bytes, ++run * 12 + 4);
    if (isLost()) break;
    const until = Math.min(sample + perChunk, count);
    if (isKnown(chunks, chunk)) fillChunk(chunk, sample, until);
    else loaded = Math.min(loaded, sample);
    last = { chunk, sample };
    sample = until;
  }
  if (isLost()) {
    loaded = Math.min(loaded, sample);
    const inLast = isKnown(runs, runs.count - 1) ? u32At(runs.bytes, (runs.count - 1) * 12 + 4) : 0;
    last = { chunk: chunks.count - 1, sample: Math.max(loaded, count - inLast) };
    if (isKnown(chunks, last.chunk)) fillChunk(last.chunk, last.sample, count);
  } else if (sample < count) return undefined;
  const saysEnd = last.sample < count && isKnown(chunks, last.chunk) && (gap.end <= last.sample || gap.start >= count);
  return loaded === count || saysEnd ? { offsets, loaded } : undefined;
}
