/**
 * One AV1 picture as an AVIF file (AV1 Image File Format 1.1; ISO/IEC 23008-12). FFmpeg 5.1 can write one too, but
 * not into a pipe.
 */
import { box, fullBox, malformed, u16, u32, u8 } from "./cmaf/boxes.ts";

/** OBU types (AV1 specification 6.2.2). */
const SEQUENCE_HEADER = 1;
const TEMPORAL_DELIMITER = 2;
const ITEM = 1;

/** `obus`: a temporal unit with sizes (low-overhead format) of 8 bits and 4:2:0, full range, matrix BT.601, sRGB's transfer. */
export function writeAvif(obus: Buffer, width: number, height: number): Buffer {
  const units = readObus(obus).filter(({ type }) => type !== TEMPORAL_DELIMITER);
  const header = units.find(({ type }) => type === SEQUENCE_HEADER);
  if (header === undefined) throw malformed("an AV1 picture has no sequence header");
  const data = Buffer.concat(units.map(({ bytes }) => bytes));
  const ftyp = box("ftyp", text("avif"), u32(0), text("avifmif1miaf"));
  const properties = box("ipco",
    fullBox("ispe", 0, 0, u32(width, height)),
    fullBox("pixi", 0, 0, u8(3, 8, 8, 8)),
    box("av1C", u8(0x81, levelByte(header.payload), 0x0c /* 4:2:0 */, 0), header.bytes),
    box("colr", text("nclx"), u16(1, 13, 6), u8(0x80)),
  );
  // av1C is essential (bit 7): without it nobody may try.
  const iprp = box("iprp", properties, fullBox("ipma", 0, 0, u32(1), u16(ITEM), u8(4, 1, 2, 0x83, 4)));
  const meta = (offset: number): Buffer => fullBox("meta", 0, 0,
    fullBox("hdlr", 0, 0, u32(0), text("pict"), u32(0, 0, 0), u8(0)),
    fullBox("pitm", 0, 0, u16(ITEM)),
    fullBox("iloc", 0, 0, u8(0x44, 0), u16(1), u16(ITEM, 0, 1), u32(offset, data.length)),
    fullBox("iinf", 0, 0, u16(1), fullBox("infe", 2, 0, u16(ITEM, 0), text("av01"), u8(0))),
    iprp,
  );
  const before = ftyp.length + meta(0).length + 8;
  return Buffer.concat([ftyp, meta(before), box("mdat", data)]);
}

/** `bytes`: header and payload. */
interface Obu { type: number; bytes: Buffer; payload: Buffer }

function readObus(stream: Buffer): Obu[] {
  const obus: Obu[] = [];
  for (let start = 0; start < stream.length;) {
    const head = stream[start] ?? 0;
    if ((head & 0x02) === 0) throw malformed("an OBU has no size");
    let at = start + 1 + ((head & 0x04) === 0 ? 0 : 1); // the extension is a byte
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = stream[at++];
      if (byte === undefined || shift > 28) throw malformed("an OBU's size is cut off");
      size += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) break;
    }
    if (at + size > stream.length) throw malformed("an OBU is longer than what holds it", { size });
    obus.push({ type: (head >> 3) & 0x0f, bytes: stream.subarray(start, at + size), payload: stream.subarray(at, at + size) });
    start = at + size;
  }
  return obus;
}

/** seq_profile and seq_level_idx_0, which in the reduced header of a still picture follows two flags (5.5.1). */
function levelByte(sequenceHeader: Buffer): number {
  if (sequenceHeader.length < 2) throw malformed("an AV1 sequence header is cut off");
  const bits = sequenceHeader.readUInt16BE(0);
  const [profile, reduced, level] = [bits >> 13, (bits >> 11) & 1, (bits >> 6) & 0x1f];
  if (profile !== 0 || reduced === 0) throw malformed("an AV1 picture is not a still of the main profile");
  return (profile << 5) | level;
}

function text(latin1: string): Buffer { return Buffer.from(latin1, "latin1"); }
