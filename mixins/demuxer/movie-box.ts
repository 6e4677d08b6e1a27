/** Finds the index of an MP4 by hopping over its top-level boxes. */

/** An index larger than this is left to the general reader, which has limits of its own. */
const MAX_MOVIE_BYTES = 12 * 1024 * 1024;
const MAX_BOXES = 64;

export type ReadBytes = (start: number, end: number) => Uint8Array | Promise<Uint8Array>;

/** The body of a moov box, and where it starts in the file. */
export interface MovieBox { start: number; bytes: Uint8Array }

/** Undefined where there is none of the usual kind. `read` is for headers, `readWhole` for the box. */
export async function readMovieBox(read: ReadBytes, readWhole: ReadBytes, size: number): Promise<MovieBox | undefined> {
  for (let at = 0, count = 0; size - at >= 16 && count < MAX_BOXES; count++) {
    const header = Buffer.from(await read(at, at + 16));
    const short = header.readUInt32BE(0);
    const length = short === 1 ? Number(header.readBigUInt64BE(8)) : short;
    const type = header.toString("latin1", 4, 8);
    if (!Number.isSafeInteger(length) || length < 8 || at + length > size) return undefined;
    if (type === "moov") return short === 1 || length > MAX_MOVIE_BYTES ? undefined : { start: at + 8, bytes: await readWhole(at + 8, at + length) };
    at += length;
  }
  return undefined;
}
