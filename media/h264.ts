/** What the H.264 decoder configuration says that decides whether every browser plays the stream (ITU-T H.264 7.3.2.1). */
import { bitReader, removeEmulation, type BitReader } from "./bits.ts";

export interface H264Config {
  profile: number;
  /** 1 is 4:2:0. */
  chromaFormat: number;
  bitDepth: number;
  /** False: frames may be coded as fields. */
  progressive: boolean;
  /** Whether it says by which matrix its colours are to be made (annex E). */
  saysMatrix: boolean;
}

const PROFILES_WITH_CHROMA = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1). Undefined when it is damaged. */
export function parseH264Config(avcC: Uint8Array): H264Config | undefined {
  const spsCount = (avcC[5] ?? 0) & 0x1f;
  const spsLength = ((avcC[6] ?? 0) << 8) | (avcC[7] ?? 0);
  if (spsCount === 0 || spsLength < 4 || 8 + spsLength > avcC.byteLength) return undefined;
  return parseSps(avcC.subarray(8, 8 + spsLength));
}

function parseSps(sps: Uint8Array): H264Config | undefined {
  const parsed = parseSequence(sps);
  if (parsed === undefined) return undefined;
  const { profile, chromaFormat, bitDepth, progressive, saysMatrix } = parsed;
  return { profile, chromaFormat, bitDepth, progressive, saysMatrix };
}

/** A sequence parameter set, as far as slices are read by it. */
export interface SequenceParameters extends H264Config {
  id: number;
  separatePlanes: boolean;
  /** Bits of frame_num. */
  frameNumBits: number;
  orderType: number;
  /** Bits of pic_order_cnt_lsb, of order type 0. */
  orderBits: number;
  /** delta_pic_order_always_zero_flag, of order type 1. */
  orderFixed: boolean;
}

/** @param sps the whole NAL unit. Undefined when it is damaged. */
export function parseSequence(sps: Uint8Array): SequenceParameters | undefined {
  const bits = bitReader(removeEmulation(sps));
  bits.skip(8); // NAL unit header
  const profile = bits.read(8);
  bits.skip(16); // constraint flags, level
  const id = bits.golomb();
  let [chromaFormat, bitDepth, separatePlanes] = [1, 8, false];
  if (PROFILES_WITH_CHROMA.has(profile)) {
    chromaFormat = bits.golomb();
    if (chromaFormat === 3) separatePlanes = bits.flag();
    bitDepth = 8 + Math.max(bits.golomb(), bits.golomb());
    bits.skip(1); // qpprime_y_zero_transform_bypass_flag
    if (bits.flag()) skipScalingLists(bits, chromaFormat === 3 ? 12 : 8);
  }
  const frameNumBits = bits.golomb() + 4;
  const orderType = bits.golomb();
  let [orderBits, orderFixed] = [0, false];
  if (orderType === 0) orderBits = bits.golomb() + 4;
  else if (orderType === 1) {
    orderFixed = bits.flag();
    bits.golomb();
    bits.golomb();
    const cycle = bits.golomb();
    for (let i = 0; i < Math.min(cycle, 255); i++) bits.golomb();
  }
  bits.golomb(); // max_num_ref_frames
  bits.skip(1);
  bits.golomb(); // width
  bits.golomb(); // height
  const progressive = bits.flag();
  if (bits.exhausted()) return undefined;
  if (!progressive) bits.skip(1); // mb_adaptive_frame_field_flag
  bits.skip(1); // direct_8x8_inference_flag
  if (bits.flag()) for (let side = 0; side < 4; side++) bits.golomb(); // cropping
  return { id, profile, chromaFormat, bitDepth, progressive, separatePlanes, frameNumBits, orderType, orderBits, orderFixed, saysMatrix: bits.flag() && saysMatrix(bits) };
}

const EXTENDED_SAR = 255;
const UNSPECIFIED = 2;

/** Of the VUI parameters (E.1.1). */
function saysMatrix(bits: BitReader): boolean {
  if (bits.read(1) === 1 && bits.read(8) === EXTENDED_SAR) bits.skip(32);
  if (bits.read(1) === 1) bits.skip(1); // overscan
  if (bits.read(1) === 0) return false;
  bits.skip(4); // video_format, video_full_range_flag
  if (bits.read(1) === 0) return false;
  bits.skip(16); // primaries, transfer
  return bits.read(8) !== UNSPECIFIED;
}

function skipScalingLists(bits: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (bits.read(1) === 0) continue;
    let [last, next] = [8, 8];
    for (let i = 0; i < (list < 6 ? 16 : 64); i++) {
      if (next !== 0) next = (last + bits.signedGolomb() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

/** Bytes of the length before each NAL unit, which an AVCDecoderConfigurationRecord says. */
export function naluLengthSize(avcC: Uint8Array): number {
  return ((avcC[4] ?? 3) & 3) + 1;
}

/** The NAL units of a frame as MP4 and Matroska hold it; what is cut off is left out. */
export function* nalUnits(frame: Uint8Array, lengthSize: number): Generator<Uint8Array> {
  for (let at = 0; at + lengthSize < frame.byteLength;) {
    let length = 0;
    for (let i = 0; i < lengthSize; i++) length = length * 256 + (frame[at + i] ?? 0);
    at += lengthSize;
    yield frame.subarray(at, at + length);
    at += length;
  }
}

/** Whether the frame's first slice is a B slice: such frames are shown before others that are decoded earlier. ITU-T H.264 7.3.3, table 7-6. */
export function isBidirectional(frame: Uint8Array, lengthSize: number): boolean {
  for (const unit of nalUnits(frame, lengthSize)) {
    const type = (unit[0] ?? 0) & 0x1f;
    if (type !== 1 && type !== 5) continue;
    const bits = bitReader(removeEmulation(unit.subarray(1, 16)));
    bits.golomb(); // first_mb_in_slice
    return bits.golomb() % 5 === 1;
  }
  return false;
}

/** Whether the frame brings a sequence parameter set that the configuration does not have: the picture changes its size or kind there. */
export function bringsNewParameters(frame: Uint8Array, avcC: Uint8Array): boolean {
  const known = Buffer.from(avcC);
  for (const unit of nalUnits(frame, naluLengthSize(avcC))) if (((unit[0] ?? 0) & 0x1f) === 7 && !known.includes(Buffer.from(unit))) return true;
  return false;
}
