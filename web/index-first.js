/** Tells which files play while they are still being sent. */

const HEADER_BYTES = 16;
const MAX_BOXES = 32;

/** Whether the index of an MP4 (its `moov` box, ISO/IEC 14496-12) comes before its pictures. */
export async function hasIndexFirst(file) {
  for (let at = 0, boxes = 0; boxes < MAX_BOXES && at + HEADER_BYTES <= file.size; boxes++) {
    const header = new DataView(await file.slice(at, at + HEADER_BYTES).arrayBuffer());
    const type = String.fromCharCode(...new Uint8Array(header.buffer, 4, 4));
    if (at === 0 && type !== "ftyp") return false;
    if (type === "moov") return true;
    const size = header.getUint32(0) === 1 ? Number(header.getBigUint64(8)) : header.getUint32(0);
    if (type === "mdat" || size < 8) return false;
    at += size;
  }
  return false;
}
