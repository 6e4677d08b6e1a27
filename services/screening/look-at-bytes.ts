/** Looks at a source's bytes that are no picture and no sound, and takes the print by which the same bytes are known again. */
import { createHash } from "node:crypto";
import type { Finding } from "../../media/screening/finding.ts";
import { findForeign } from "../../media/screening/foreign-content.ts";
import { findUnreferenced, type TopBox } from "../../media/screening/unreferenced.ts";
import type { Range } from "../../media/mp4/movie.ts";
import type { ReadSource } from "../../mixins/demuxer/demuxer.ts";

/** The same four parts of every source of one size. */
const PRINT_PARTS = 4;
const PRINT_BYTES = 64 * 1024;
/** Read of the beginning and the end, whatever lies there, and of each place that nothing refers to. */
const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 256 * 1024;
const PLACE_BYTES = 1024 * 1024;
const MAX_PLACES = 8;
/** A file in more fragments than this is looked at by its beginning and its end. */
const MAX_BOXES = 512;
const MAX_INDEX_BYTES = 64 * 1024 * 1024;
/** Smaller remains are an encoder's. */
const MANY_BYTES = 64 * 1024;

/** A hash of the size and of a few parts: of a URL there is no other without fetching all of it. */
export async function takePrint(read: ReadSource, size: number): Promise<string> {
  const hash = createHash("sha256").update(String(size));
  for (let part = 0; part < PRINT_PARTS; part++) {
    const start = Math.max(0, Math.floor(((size - PRINT_BYTES) * part) / (PRINT_PARTS - 1)));
    hash.update(await read(start, Math.min(size, start + PRINT_BYTES), false));
  }
  return hash.digest("hex");
}

/** @param container as the facts have it @throws what `read` throws */
export async function lookAtBytes(read: ReadSource, size: number, container: string): Promise<Finding[]> {
  const bounded = (start: number, length: number): Range => ({ start, end: Math.min(size, start + length) });
  const strays = ["mp4", "mov"].includes(container) ? await findStrays(read, size) : [];
  const tail = bounded(Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
  const places = [bounded(0, HEAD_BYTES), ...strays.toSorted((a, b) => b.end - b.start - (a.end - a.start)).slice(0, MAX_PLACES).map(({ start, end }) => bounded(start, Math.min(PLACE_BYTES, end - start))), tail];
  const found = new Map<string, number>();
  let strayBytes = 0;
  for (const { start, end } of places) {
    const bytes = Buffer.from(await read(start, end, false));
    for (const { what, at } of findForeign(bytes, { fileStart: start, fileSize: size })) if (!found.has(what)) found.set(what, start + at);
    const stray = strays.find((range) => range.start === start);
    if (stray !== undefined && bytes.some((byte) => byte !== 0)) strayBytes += stray.end - stray.start; // zeros are room that was kept
  }
  const [first] = strays;
  return [
    ...[...found].map(([what, at]): Finding => ({ code: "foreign_content", message: `The file also holds ${what}, at byte ${at}.`, figures: { what, at } })),
    ...(strayBytes >= MANY_BYTES && first !== undefined
      ? [{ code: "unreferenced_bytes" as const, message: `${strayBytes} of the file's ${size} bytes belong to no picture and no sound.`, figures: { bytes: strayBytes, fileBytes: size, at: first.start } }]
      : []),
  ];
}

/** Of an MP4; none where its boxes cannot be followed: then it is the demuxer's business. */
async function findStrays(read: ReadSource, size: number): Promise<Range[]> {
  const boxes: TopBox[] = [];
  for (let at = 0; at + 8 <= size;) {
    if (boxes.length === MAX_BOXES) return [];
    const head = Buffer.from(await read(at, Math.min(size, at + 16), false));
    const [type, short] = [head.toString("latin1", 4, 8), head.readUInt32BE(0)];
    const wide = short === 1 && head.length >= 16;
    const length = short === 0 ? size - at : wide ? Number(head.readBigUInt64BE(8)) : short;
    if (length < 8 || at + length > size || !/^[\x20-\x7e\xa9]{4}$/.test(type)) break; // what lies behind is of no box
    boxes.push({ type, start: at, bodyStart: at + (wide ? 16 : 8), end: at + length });
    at += length;
  }
  const moov = boxes.find(({ type }) => type === "moov");
  if (moov === undefined || moov.end - moov.start > MAX_INDEX_BYTES) return [];
  return findUnreferenced(boxes, await read(moov.bodyStart, moov.end, false), size);
}
