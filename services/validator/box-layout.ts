/** Walks over the top-level boxes of an MP4 that could not be read, to tell a cut file from a damaged one. */
export type BoxLayout = "whole" | "incomplete" | "damaged" | "encrypted";

/** Sample entries of protected tracks (ISO/IEC 14496-12 8.12); FFmpeg passes over them. */
const PROTECTED = ["encv", "enca"];
const MAX_INDEX_BYTES = 64 * 1024 * 1024;
const MAX_BOXES = 10_000;

export async function findBoxLayout(read: (start: number, end: number) => Promise<Uint8Array>, size: number): Promise<BoxLayout> {
  let hasIndex = false;
  let at = 0;
  for (let count = 0; at < size; count++) {
    if (count > MAX_BOXES) return "damaged";
    if (size - at < 8) return "incomplete";
    const header = Buffer.from(await read(at, Math.min(at + 16, size)));
    if (header.byteLength < 8) return "incomplete";
    const type = header.toString("latin1", 4, 8);
    const short = header.readUInt32BE(0);
    const length = short === 0 ? BigInt(size - at) : short === 1 && header.byteLength === 16 ? header.readBigUInt64BE(8) : BigInt(short);
    if (length < 8n || length > BigInt(Number.MAX_SAFE_INTEGER) || !/^[\x20-\x7e]{4}$/.test(type)) return "damaged";
    if (type === "moov" || type === "moof") hasIndex = true;
    if (type === "moov" && length <= BigInt(MAX_INDEX_BYTES) && at + Number(length) <= size) {
      const index = Buffer.from(await read(at, at + Number(length)));
      if (PROTECTED.some((entry) => index.includes(entry, 0, "latin1"))) return "encrypted";
    }
    at += Number(length);
  }
  if (at > size || !hasIndex) return "incomplete";
  return "whole";
}
