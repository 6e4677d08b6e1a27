/**
 * Encrypts the fragments of a segment by `cbcs` (ISO/IEC 23001-7 10.4, CMAF ISO/IEC 23000-19 8.2), each as soon as it is
 * whole: of H.264 one block in ten of each slice, of AAC all blocks. Every size is kept but that of the `moof`, which gets
 * the map of each frame (`senc`, `saiz`, `saio`).
 *
 *   const segment = protectSegment(track, encrypt)
 *   segment.push(bytes) → Buffers       fragments that became whole, encrypted piece by piece, as they are taken
 *   segment.end()                       throws `encode_failed` when the bytes stop in the middle of one
 */
import { openParameterSets, type ParameterSets } from "../../h264-slices.ts";
import { box, BoxReader, fullBox, getBox, malformed, readBoxes, u16, u32, u8, type Box } from "../boxes.ts";
import { createFragmentSplitter } from "../encoder-output.ts";
import { readFragment } from "../fragment.ts";
import { encryptAll, encryptPattern, type EncryptBlocks } from "./pattern.ts";
import type { ProtectedTrack } from "./protect-init.ts";
import { mapSubsamples, type Subsample } from "./subsamples.ts";

/** As much as a segment may be (`GrowingBytes`). */
const MAX_BOX_BYTES = 64 * 1024 * 1024;
/** Flag of senc: frames have subsamples. */
const HAS_SUBSAMPLES = 2;
const DATA_OFFSET = 1;
/** Of frames at a time. */
const PIECE_BYTES = 256 * 1024;

export function protectSegment(track: ProtectedTrack, encrypt: EncryptBlocks) {
  const splitter = createFragmentSplitter(MAX_BOX_BYTES);
  const sets = track.kind === "video" ? openParameterSets(track.configuration) : undefined;
  return {
    *push(bytes: Uint8Array): Generator<Buffer, void, undefined> {
      for (const event of splitter.push(bytes)) {
        if (event.kind !== "fragment") throw malformed("an init segment among the fragments");
        if (track.kind === "video" && sets !== undefined) yield* protectPicture(event.bytes, track.lengthSize, sets, encrypt);
        else yield protectSound(event.bytes, encrypt);
      }
    },
    end: (): void => splitter.end(),
  };
}

/** The constant IV and every block: there is nothing to say of a frame, and the `moof` stays as it is. */
function protectSound(fragment: Buffer, encrypt: EncryptBlocks): Buffer {
  const copy = Buffer.from(fragment);
  for (const sample of readFragment(copy).data) encryptAll(sample, encrypt);
  return copy;
}

function* protectPicture(fragment: Buffer, lengthSize: number, sets: ParameterSets, encrypt: EncryptBlocks): Generator<Buffer, void, undefined> {
  const [moof, mdat] = readBoxes(fragment);
  if (moof?.type !== "moof" || mdat?.type !== "mdat") throw malformed("expected moof and mdat");
  const { data } = readFragment(fragment);
  const maps = data.map((frame) => mapSubsamples(frame, lengthSize, sets));
  yield writeMoof(moof, maps);
  let sent = mdat.start;
  for (let n = 0; n < data.length;) {
    const from = n;
    let end = sent;
    for (; n < data.length && end - sent < PIECE_BYTES; n++) end = endOf(data[n], fragment);
    const piece = Buffer.from(fragment.subarray(sent, end));
    for (let m = from; m < n; m++) encryptFrame(piece, startOf(data[m], fragment) - sent, maps[m] ?? [], encrypt);
    yield piece;
    sent = end;
  }
  if (sent < mdat.end) yield fragment.subarray(sent, mdat.end);
}

const startOf = (frame: Buffer | undefined, fragment: Buffer): number => (frame?.byteOffset ?? 0) - fragment.byteOffset;
const endOf = (frame: Buffer | undefined, fragment: Buffer): number => startOf(frame, fragment) + (frame?.length ?? 0);

/** In place: the frame that begins at `at`. */
function encryptFrame(piece: Buffer, at: number, map: readonly Subsample[], encrypt: EncryptBlocks): void {
  for (const { clear, secret } of map) {
    encryptPattern(piece.subarray(at + clear, at + clear + secret), encrypt);
    at += clear + secret;
  }
}

function writeMoof(moof: Box, maps: readonly (readonly Subsample[])[]): Buffer {
  const senc = fullBox("senc", 0, HAS_SUBSAMPLES, u32(maps.length), ...maps.map(writeEntry));
  const sizes = maps.map((map) => 2 + map.length * 6);
  const [first = 0] = sizes;
  const alike = sizes.every((size) => size === first);
  const saiz = fullBox("saiz", 0, 0, u8(alike ? first : 0), u32(sizes.length), ...(alike ? [] : [u8(...sizes)]));
  const saioBytes = 20;
  const grown = saiz.length + saioBytes + senc.length;
  const parts = readBoxes(moof.body);
  const traf = getBox(parts, "traf");
  const rest = readBoxes(traf.body).map((part) => (part.type === "trun" ? moveData(part, grown) : box(part.type, part.body)));
  const before = parts.slice(0, parts.indexOf(traf)).map(({ type, body }) => box(type, body));
  const ahead = [...before, ...rest].reduce((sum, part) => sum + part.length, 8 + 8 + saiz.length + saioBytes); // headers of moof and traf
  const saio = fullBox("saio", 0, 0, u32(1, ahead + 16)); // behind the head of senc and its count
  const after = parts.slice(parts.indexOf(traf) + 1).map(({ type, body }) => box(type, body));
  return box("moof", ...before, box("traf", ...rest, saiz, saio, senc), ...after);
}

function writeEntry(map: readonly Subsample[]): Buffer {
  return Buffer.concat([u16(map.length), ...map.flatMap(({ clear, secret }) => [u16(clear), u32(secret)])]);
}

/** A trun whose data lies `by` bytes further from the moof. */
function moveData({ body }: Box, by: number): Buffer {
  const reader = new BoxReader(body);
  const { flags } = reader.fullBoxHeader();
  if ((flags & DATA_OFFSET) === 0) throw malformed("a run does not say where its data is");
  const moved = Buffer.from(body);
  moved.writeInt32BE(moved.readInt32BE(8) + by, 8);
  return box("trun", moved);
}
