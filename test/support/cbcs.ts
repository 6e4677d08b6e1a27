/** Reads media that are encrypted by `cbcs`, with nothing of what encrypts them but the reader of boxes. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { findBox, getBox, readBoxes } from "../../media/cmaf/boxes.ts";
import { readFragment } from "../../media/cmaf/fragment.ts";

/** 16 bytes each. */
export interface Secret { key: Buffer; iv: Buffer }

/** What an encrypter is given: CBC of whole blocks. */
export const encryptBlocks = ({ key, iv }: Secret) => (blocks: Uint8Array): Buffer => createCipheriv("aes-128-cbc", key, iv).setAutoPadding(false).update(blocks);

/** Each frame of one fragment as it was, with its map: pairs of clear and secret bytes; none where all of it is secret. */
export function decryptFragment(fragment: Buffer, secret: Secret): { frames: Buffer[]; maps: [number, number][][] } {
  const moof = getBox(readBoxes(fragment), "moof");
  const traf = readBoxes(getBox(readBoxes(moof.body), "traf").body);
  const offsets = findBox(traf, "saio")?.body;
  const sizes = findBox(traf, "saiz")?.body;
  const { data } = readFragment(fragment);
  let at = moof.start + (offsets?.readUInt32BE(8) ?? 0);
  const maps = data.map((_, n): [number, number][] => {
    if (sizes === undefined) return [];
    const size = sizes.readUInt8(4) === 0 ? sizes.readUInt8(9 + n) : sizes.readUInt8(4);
    const count = fragment.readUInt16BE(at);
    if (size !== 2 + 6 * count) throw new Error("saiz and senc disagree");
    const map = Array.from({ length: count }, (_, i): [number, number] => [fragment.readUInt16BE(at + 2 + 6 * i), fragment.readUInt32BE(at + 4 + 6 * i)]);
    at += size;
    return map;
  });
  return { maps, frames: data.map((frame, n) => decryptFrame(frame, maps[n] ?? [], secret)) };
}

function decryptFrame(frame: Buffer, map: readonly [number, number][], secret: Secret): Buffer {
  const plain = Buffer.from(frame);
  if (map.length === 0) decryptSpan(plain, 0, secret);
  let at = 0;
  for (const [clear, length] of map) {
    decryptSpan(plain.subarray(at + clear, at + clear + length), 9, secret);
    at += clear + length;
  }
  if (map.length > 0 && at !== frame.length) throw new Error(`a map of ${at} bytes for a frame of ${frame.length}`);
  return plain;
}

/** CBC by hand: after each block `skip` blocks are passed over. */
function decryptSpan(span: Buffer, skip: number, { key, iv }: Secret): void {
  let before = iv;
  for (let at = 0; at + 16 <= span.length; at += 16 * (1 + skip)) {
    const block = Buffer.from(span.subarray(at, at + 16));
    const opened = createDecipheriv("aes-128-ecb", key, null).setAutoPadding(false).update(block);
    opened.forEach((byte, i) => { span[at + i] = byte ^ (before[i] ?? 0); });
    before = block;
  }
}
