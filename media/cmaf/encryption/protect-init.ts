/**
 * An init segment of encrypted media (ISO/IEC 14496-12 8.12, ISO/IEC 23001-7 8): its sample entry says what the track was
 * and how it is encrypted, `pssh` names the key to the browser's own ClearKey. What its fragments are encrypted by is in
 * `protect-fragment`.
 *
 *   protectInit(init, { keyId, iv }) → Buffer         of H.264 or AAC, else `encode_failed`
 *   readTrack(init) → ProtectedTrack                  of a plain one
 */
import { naluLengthSize } from "../../h264.ts";
import { box, findBox, fullBox, getBox, malformed, readBoxes, u32, u8, type Box } from "../boxes.ts";
import { CRYPT_BLOCKS, SKIP_BLOCKS } from "./pattern.ts";

/** 16 bytes each. */
export interface KeyNames { keyId: Uint8Array; iv: Uint8Array }

/** `configuration`: its AVCDecoderConfigurationRecord. */
export type ProtectedTrack = { kind: "video"; lengthSize: number; configuration: Uint8Array } | { kind: "audio" };

const ENTRIES: Readonly<Record<string, { encrypted: string; headerBytes: number; pattern: number }>> = {
  avc1: { encrypted: "encv", headerBytes: 78, pattern: CRYPT_BLOCKS * 16 + SKIP_BLOCKS },
  mp4a: { encrypted: "enca", headerBytes: 28, pattern: 0 }, // every block
};
/** 1077efec-c0b2-4d02-ace3-3c1e52e2fb4b: key ids and nothing else (W3C, "cenc" Initialization Data Format, 4). */
const COMMON_SYSTEM = Buffer.from("1077efecc0b24d02ace33c1e52e2fb4b", "hex");
const CBCS = Buffer.from("cbcs", "latin1");
/** Boxes on the way to the sample entries; of `stsd` a count comes before them. */
const PATH = ["moov", "trak", "mdia", "minf", "stbl", "stsd"];

export function protectInit(init: Uint8Array, names: KeyNames): Buffer {
  const pssh = fullBox("pssh", 1, 0, COMMON_SYSTEM, u32(1), names.keyId, u32(0));
  return Buffer.concat(readBoxes(init).map((part) => (part.type === "moov" ? box("moov", ...protectParts(part, 0, names), pssh) : box(part.type, part.body))));
}

/** The children of `PATH[depth]` with the sample entries below them encrypted. */
function protectParts(parent: Box, depth: number, names: KeyNames): Buffer[] {
  if (parent.type === "stsd") return [parent.body.subarray(0, 8), ...entriesOf(parent).map((entry) => protectEntry(entry, names))];
  const next = PATH[depth + 1];
  return readBoxes(parent.body).map((part) => box(part.type, ...(part.type === next ? protectParts(part, depth + 1, names) : [part.body])));
}

function entriesOf(stsd: Box): Box[] {
  if (stsd.body.length < 8) throw malformed("a box ends too early");
  return readBoxes(stsd.body.subarray(8));
}

function kindOf(type: string): { encrypted: string; headerBytes: number; pattern: number } {
  const kind = Object.hasOwn(ENTRIES, type) ? ENTRIES[type] : undefined;
  if (kind === undefined) throw malformed("only H.264 and AAC are encrypted by samples", { type });
  return kind;
}

function protectEntry({ type, body }: Box, { keyId, iv }: KeyNames): Buffer {
  const { encrypted, pattern } = kindOf(type);
  // Version 1: isProtected 1, no IV of each sample's own, but a constant one.
  const tenc = fullBox("tenc", 1, 0, u8(0, pattern, 1, 0), keyId, u8(iv.byteLength), iv);
  const schm = fullBox("schm", 0, 0, CBCS, u32(0x10000));
  return box(encrypted, body, box("sinf", box("frma", Buffer.from(type, "latin1")), schm, box("schi", tenc)));
}

export function readTrack(init: Uint8Array): ProtectedTrack {
  let at = getBox(readBoxes(init), "moov");
  for (const type of PATH.slice(1)) at = getBox(readBoxes(at.body), type);
  const [entry] = entriesOf(at);
  if (entry === undefined) throw malformed("an init segment has no sample entry");
  const { encrypted, headerBytes } = kindOf(entry.type);
  if (encrypted === "enca") return { kind: "audio" };
  const avcC = findBox(readBoxes(entry.body.subarray(headerBytes)), "avcC");
  if (avcC === undefined) throw malformed("a track of H.264 has no decoder configuration");
  return { kind: "video", lengthSize: naluLengthSize(avcC.body), configuration: avcC.body };
}
