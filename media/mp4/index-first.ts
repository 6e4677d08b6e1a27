/** Tells which files play while they are still being sent. Pure but for `read`. */

const HEADER_BYTES = 16;
const MAX_BOXES = 32;

/**
 * Whether the index of an MP4 (its `moov` box, ISO/IEC 14496-12) comes before its pictures.
 * @param read gives bytes [start, end)
 */
export async function hasIndexFirst(read: (start: number, end: number) => Promise<Uint8Array>, size: number): Promise<boolean> {
  for (let at = 0, boxes = 0; boxes < MAX_BOXES && at + HEADER_BYTES <= size; boxes++) {
    const header = Buffer.from(await read(at, at + HEADER_BYTES));
    const type = header.toString("latin1", 4, 8);
    if (at === 0 && type !== "ftyp") return false;
    if (type === "moov") return true;
    const length = header.readUInt32BE(0) === 1 ? Number(header.readBigUInt64BE(8)) : header.readUInt32BE(0);
    if (type === "mdat" || length < 8) return false;
    at += length;
  }
  return false;
}
