/** Walks over the top-level boxes of an MP4 that could not be read, to tell a cut file from a damaged one. */
export type BoxLayout = "whole" | "incomplete" | "damaged";

const MAX_BOXES = 10_000;

export async function findBoxLayout(read: (start: number, end: number) => Promise<Uint8Array>, size: number): Promise<BoxLayout> {
  let hasIndex = false;
  let at = 0;
  for (let count = 0; at < size; count++) {
    if (count > MAX_BOXES) return "damaged";
    if (size - at < 8) return "incomplete";
    const header = Buffer.from(await read(at, Math.min(at + 16, size)));
    const type = header.toString("latin1", 4, 8);
    const short = header.readUInt32BE(0);
    const length = short === 0 ? BigInt(size - at) : short === 1 && header.byteLength === 16 ? header.readBigUInt64BE(8) : BigInt(short);
    if (length < 8n || length > BigInt(Number.MAX_SAFE_INTEGER) || !/^[\x20-\x7e]{4}$/.test(type)) return "damaged";
    if (type === "moov" || type === "moof") hasIndex = true;
    at += Number(length);
  }
  if (at > size || !hasIndex) return "incomplete";
  return "whole";
}
