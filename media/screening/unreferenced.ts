/**
 * Which bytes of an MP4 nothing refers to: no sample of a track, no box that says what it holds. What is there plays
 * nowhere, and may be anything. Pure.
 */
import { BoxReader, findBox, readBoxes } from "../cmaf/boxes.ts";
import type { Range } from "../mp4/movie.ts";

export interface TopBox { type: string; start: number; /** Of its body. */ bodyStart: number; end: number }

/** Padding by its name: it may be of any bytes. */
const PADDING = ["free", "skip", "wide", "uuid"];
/** Boxes that files of video have at their top (ISO/IEC 14496-12, QuickTime, CMAF, HEIF's cousins). */
const KNOWN = ["ftyp", "moov", "mdat", "moof", "mfra", "sidx", "ssix", "styp", "emsg", "prft", "meta", "pdin", "pnot", "udta", ...PADDING];

/**
 * @param moov body of the index, without holes
 * @param fileSize bytes
 * @returns in order; of a fragmented file what lies outside of its mdat boxes only
 * @throws encode_failed when the index is not one
 */
export function findUnreferenced(boxes: readonly TopBox[], moov: Uint8Array, fileSize: number): Range[] {
  const isFragmented = boxes.some(({ type }) => type === "moof");
  const media = boxes.filter(({ type }) => type === "mdat");
  const used = isFragmented ? media.map(({ bodyStart, end }) => ({ start: bodyStart, end })) : findUsed(moov);
  const within = media.flatMap(({ bodyStart, end }) => subtract({ start: bodyStart, end }, used));
  const padding = boxes.filter(({ type }) => PADDING.includes(type) || !KNOWN.includes(type)).flatMap(({ bodyStart, end }) => subtract({ start: bodyStart, end: Math.min(end, fileSize) }, used));
  const last = boxes.reduce((end, box) => Math.max(end, box.end), 0);
  const behind = last < fileSize ? [{ start: last, end: fileSize }] : [];
  return [...within, ...padding, ...behind].filter(({ start, end }) => end > start).toSorted((a, b) => a.start - b.start);
}

/** Where the chunks of all tracks lie, joined. */
function findUsed(moov: Uint8Array): Range[] {
  const chunks: Range[] = [];
  for (const trak of readBoxes(moov).filter(({ type }) => type === "trak")) {
    const tables = ["mdia", "minf", "stbl"].reduce<ReturnType<typeof readBoxes>>((boxes, type) => childrenOf(boxes, type), readBoxes(trak.body));
    const [sizes, runs, places] = [findBox(tables, "stsz"), findBox(tables, "stsc"), findBox(tables, "stco") ?? findBox(tables, "co64")];
    if (sizes !== undefined && runs !== undefined && places !== undefined) chunks.push(...locate(sizes.body, runs.body, places.body, places.type === "co64"));
  }
  return join(chunks);
}

function childrenOf(boxes: ReturnType<typeof readBoxes>, type: string): ReturnType<typeof readBoxes> {
  const box = findBox(boxes, type);
  return box === undefined ? [] : readBoxes(box.body);
}

function locate(stsz: Buffer, stsc: Buffer, places: Buffer, wide: boolean): Range[] {
  const sizes = new BoxReader(stsz);
  sizes.fullBoxHeader();
  const [fixed, samples] = [sizes.u32(), sizes.u32()];
  const runs = new BoxReader(stsc);
  runs.fullBoxHeader();
  const steps = Array.from({ length: Math.min(runs.u32(), Math.floor(runs.remaining / 12)) }, () => ({ first: runs.u32(), samples: runs.u32(), description: runs.u32() }));
  const offsets = new BoxReader(places);
  offsets.fullBoxHeader();
  const count = Math.min(offsets.u32(), Math.floor(offsets.remaining / (wide ? 8 : 4)));
  const chunks: Range[] = [];
  for (let chunk = 1, step = 0, sample = 0; chunk <= count && sample < samples; chunk++) {
    while ((steps[step + 1]?.first ?? Infinity) <= chunk) step++;
    const start = wide ? offsets.i64() : offsets.u32();
    const within = Math.min(steps[step]?.samples ?? 0, samples - sample);
    let size = fixed * within;
    for (let i = 0; fixed === 0 && i < within; i++) size += sizes.u32();
    sample += within;
    chunks.push({ start, end: start + size });
  }
  return chunks;
}

function join(ranges: readonly Range[]): Range[] {
  const joined: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else joined.push({ ...range });
  }
  return joined;
}

/** What of `whole` is in none of `parts`, which are joined and in order. */
function subtract(whole: Range, parts: readonly Range[]): Range[] {
  const left: Range[] = [];
  let at = whole.start;
  for (const { start, end } of parts) {
    if (end <= at || start >= whole.end) continue;
    if (start > at) left.push({ start: at, end: start });
    at = Math.max(at, end);
  }
  if (at < whole.end) left.push({ start: at, end: whole.end });
  return left;
}
