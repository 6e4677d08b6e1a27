/**
 * Where the header of a slice ends (ITU-T H.264 7.3.3): encryption by CBCS leaves it clear and begins behind it.
 *
 *   const sets = openParameterSets(avcC)
 *   sets.note(unit)                    a parameter set among the samples takes the place of the configuration's
 *   sets.sliceHeaderBytes(unit)        of a NAL unit of type 1 or 5, with the byte of its own header
 */
import { bitReader, removeEmulation, withEmulation, type BitReader } from "./bits.ts";
import { parseSequence, type SequenceParameters } from "./h264.ts";

interface PictureParameters {
  id: number;
  sequenceId: number;
  cabac: boolean;
  /** bottom_field_pic_order_in_frame_present_flag. */
  ordersFields: boolean;
  /** Of lists 0 and 1. */
  references: [number, number];
  weighted: boolean;
  weightedBidirectional: number;
  deblockingControl: boolean;
  redundantPictures: boolean;
}

export type ParameterSets = ReturnType<typeof openParameterSets>;

const SLICE_P = 0;
const SLICE_B = 1;
const SLICE_SP = 3;
const IDR = 5;
const SPS = 7;
const PPS = 8;
/** Most headers end within the first; one with weights for every reference within the second. */
const LOOK_BYTES = [64, 4096];
/** Of lists of references, and of marks: ITU-T H.264 7.4.3 allows 32 and fewer. A damaged header must end, too. */
const MAX_ENTRIES = 66;

/** @param avcC an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1); what is damaged of it is left out */
export function openParameterSets(avcC: Uint8Array) {
  const sequences = new Map<number, SequenceParameters>();
  const pictures = new Map<number, PictureParameters>();

  function note(unit: Uint8Array): void {
    const type = (unit[0] ?? 0) & 0x1f;
    if (type === SPS) keep(sequences, parseSequence(unit));
    if (type === PPS) keep(pictures, parsePicture(unit));
  }
  for (const unit of configuredSets(avcC)) note(unit);

  return {
    note,
    /** undefined where it cannot be read: of slice groups, and of what is damaged or has no parameter sets. */
    sliceHeaderBytes(unit: Uint8Array): number | undefined {
      for (const look of LOOK_BYTES) {
        const bits = bitReader(removeEmulation(unit.subarray(0, look)));
        const isRead = readSliceHeader(bits, sequences, pictures);
        if (isRead && !bits.exhausted()) return withEmulation(unit, Math.ceil(bits.position() / 8));
        if (unit.byteLength <= look) break;
      }
      return undefined;
    },
  };
}

function keep<T extends { id: number }>(sets: Map<number, T>, set: T | undefined): void {
  if (set !== undefined && set.id < 256) sets.set(set.id, set);
}

function* configuredSets(avcC: Uint8Array): Generator<Uint8Array> {
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    for (let left = (avcC[at++] ?? 0) & mask; left > 0 && at + 2 <= avcC.byteLength; left--) {
      const length = ((avcC[at] ?? 0) << 8) | (avcC[at + 1] ?? 0);
      yield avcC.subarray(at + 2, at + 2 + length);
      at += 2 + length;
    }
  }
}

/** 7.3.2.2. Undefined when it is damaged, or of slice groups. */
function parsePicture(pps: Uint8Array): PictureParameters | undefined {
  const bits = bitReader(removeEmulation(pps));
  bits.skip(8); // NAL unit header
  const [id, sequenceId, cabac, ordersFields] = [bits.golomb(), bits.golomb(), bits.flag(), bits.flag()];
  if (bits.golomb() > 0) return undefined; // num_slice_groups_minus1: no profile that browsers play
  const references: [number, number] = [bits.golomb() + 1, bits.golomb() + 1];
  const [weighted, weightedBidirectional] = [bits.flag(), bits.read(2)];
  for (let i = 0; i < 3; i++) bits.golomb(); // pic_init_qp, pic_init_qs, chroma_qp_index_offset
  const deblockingControl = bits.flag();
  bits.skip(1); // constrained_intra_pred_flag
  const redundantPictures = bits.flag();
  return bits.exhausted() ? undefined : { id, sequenceId, cabac, ordersFields, references, weighted, weightedBidirectional, deblockingControl, redundantPictures };
}

/** Leaves `bits` behind the header. @returns whether it could be read */
function readSliceHeader(bits: BitReader, sequences: ReadonlyMap<number, SequenceParameters>, pictures: ReadonlyMap<number, PictureParameters>): boolean {
  bits.skip(1);
  const [isReference, unitType] = [bits.read(2) !== 0, bits.read(5)];
  bits.golomb(); // first_mb_in_slice
  const type = bits.golomb() % 5;
  const picture = pictures.get(bits.golomb());
  const sequence = picture === undefined ? undefined : sequences.get(picture.sequenceId);
  if (picture === undefined || sequence === undefined) return false;
  if (sequence.separatePlanes) bits.skip(2);
  bits.skip(sequence.frameNumBits);
  const isField = !sequence.progressive && bits.flag();
  if (isField) bits.skip(1); // bottom_field_flag
  if (unitType === IDR) bits.golomb(); // idr_pic_id
  const ordersFields = picture.ordersFields && !isField;
  if (sequence.orderType === 0) {
    bits.skip(sequence.orderBits);
    if (ordersFields) bits.golomb();
  } else if (sequence.orderType === 1 && !sequence.orderFixed) {
    bits.golomb();
    if (ordersFields) bits.golomb();
  }
  if (picture.redundantPictures) bits.golomb();
  if (type === SLICE_B) bits.skip(1); // direct_spatial_mv_pred_flag

  const lists = type === SLICE_B ? 2 : type === SLICE_P || type === SLICE_SP ? 1 : 0;
  const counts = picture.references.slice(0, lists);
  if (lists > 0 && bits.flag()) counts.forEach((_, list) => { counts[list] = bits.golomb() + 1; }); // num_ref_idx_active_override_flag
  if (counts.some((count) => count > MAX_ENTRIES)) return false;
  for (const _ of counts) skipListChanges(bits);
  const isWeighted = (lists === 1 && picture.weighted) || (lists === 2 && picture.weightedBidirectional === 1);
  if (isWeighted) skipWeights(bits, counts, sequence);
  if (isReference) skipMarking(bits, unitType === IDR);
  if (picture.cabac && lists > 0) bits.golomb(); // cabac_init_idc
  bits.golomb(); // slice_qp_delta
  if (type >= SLICE_SP) {
    if (type === SLICE_SP) bits.skip(1); // sp_for_switch_flag
    bits.golomb(); // slice_qs_delta
  }
  if (picture.deblockingControl && bits.golomb() !== 1) for (let i = 0; i < 2; i++) bits.golomb();
  return true;
}

/** 7.3.3.1, of one list. */
function skipListChanges(bits: BitReader): void {
  if (!bits.flag()) return;
  for (let entry = 0; entry < MAX_ENTRIES && bits.golomb() < 3; entry++) bits.golomb();
}

/** 7.3.3.2. */
function skipWeights(bits: BitReader, counts: readonly number[], { chromaFormat, separatePlanes }: SequenceParameters): void {
  const hasChroma = chromaFormat !== 0 && !separatePlanes;
  for (let i = 0; i < (hasChroma ? 2 : 1); i++) bits.golomb(); // denominators
  for (const count of counts) {
    for (let reference = 0; reference < count; reference++) {
      if (bits.flag()) for (let i = 0; i < 2; i++) bits.golomb();
      if (hasChroma && bits.flag()) for (let i = 0; i < 4; i++) bits.golomb();
    }
  }
}

/** 7.3.3.3. */
function skipMarking(bits: BitReader, isIdr: boolean): void {
  if (isIdr) return bits.skip(2);
  if (!bits.flag()) return;
  for (let entry = 0; entry < MAX_ENTRIES; entry++) {
    const operation = bits.golomb();
    if (operation === 0) return;
    if (operation !== 5) bits.golomb();
    if (operation === 3) bits.golomb();
  }
}
