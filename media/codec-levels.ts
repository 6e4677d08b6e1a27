/** Levels of HEVC and AV1: the lowest that allows a size, a frame rate and a peak; and the codec strings they give. Pure. */
import type { Rational } from "./rational.ts";

/** What a stream needs. */
export interface StreamNeeds { width: number; height: number; frameRate: Rational; peakKbps: number }

interface Level {
  /** Times ten. */
  level: number;
  /** Luma samples of a picture, and of a second of them. */
  picture: number;
  perSecond: number;
  maxKbps: number;
  maxWidth: number;
  maxHeight: number;
}

/** ITU-T H.265 A.4.1: a side may have the square root of eight times the largest picture. */
const hevc = (level: number, picture: number, perSecond: number, maxKbps: number): Level => {
  const side = Math.floor(Math.sqrt(8 * picture));
  return { level, picture, perSecond, maxKbps, maxWidth: side, maxHeight: side };
};

/** ITU-T H.265 tables A.8 and A.9, Main tier. */
const HEVC_LEVELS: readonly Level[] = [
  hevc(20, 122_880, 3_686_400, 1_500), hevc(21, 245_760, 7_372_800, 3_000),
  hevc(30, 552_960, 16_588_800, 6_000), hevc(31, 983_040, 33_177_600, 10_000),
  hevc(40, 2_228_224, 66_846_720, 12_000), hevc(41, 2_228_224, 133_693_440, 20_000),
  hevc(50, 8_912_896, 267_386_880, 25_000), hevc(51, 8_912_896, 534_773_760, 40_000), hevc(52, 8_912_896, 1_069_547_520, 60_000),
  hevc(60, 35_651_584, 1_069_547_520, 60_000), hevc(61, 35_651_584, 2_139_095_040, 120_000), hevc(62, 35_651_584, 4_278_190_080, 240_000),
];

const av1 = (level: number, picture: number, perSecond: number, maxKbps: number, maxWidth: number, maxHeight: number): Level => ({ level, picture, perSecond, maxKbps, maxWidth, maxHeight });

/** AV1 specification A.3, Main tier; `perSecond` is MaxDisplayRate. */
const AV1_LEVELS: readonly Level[] = [
  av1(20, 147_456, 4_423_680, 1_500, 2_048, 1_152), av1(21, 278_784, 8_363_520, 3_000, 2_816, 1_584),
  av1(30, 665_856, 19_975_680, 6_000, 4_352, 2_448), av1(31, 1_065_024, 31_950_720, 10_000, 5_504, 3_096),
  av1(40, 2_359_296, 70_778_880, 12_000, 6_144, 3_456), av1(41, 2_359_296, 141_557_760, 20_000, 6_144, 3_456),
  av1(50, 8_912_896, 267_386_880, 30_000, 8_192, 4_352), av1(51, 8_912_896, 534_773_760, 40_000, 8_192, 4_352), av1(52, 8_912_896, 1_069_547_520, 60_000, 8_192, 4_352),
  av1(60, 35_651_584, 1_069_547_520, 60_000, 16_384, 8_704), av1(61, 35_651_584, 2_139_095_040, 100_000, 16_384, 8_704), av1(62, 35_651_584, 4_278_190_080, 160_000, 16_384, 8_704),
];

/** Times ten; the highest there is for what no level allows. */
export const hevcLevel = (needs: StreamNeeds): number => findLevel(HEVC_LEVELS, needs);
export const av1Level = (needs: StreamNeeds): number => findLevel(AV1_LEVELS, needs);

function findLevel(levels: readonly Level[], { width, height, frameRate, peakKbps }: StreamNeeds): number {
  const perSecond = (width * height * frameRate.num) / frameRate.den;
  const fits = (l: Level): boolean => width * height <= l.picture && perSecond <= l.perSecond && peakKbps <= l.maxKbps && width <= l.maxWidth && height <= l.maxHeight;
  return levels.find(fits)?.level ?? 62;
}

/** ISO/IEC 14496-15 annex E: Main profile, which Main 10 decoders know, too (6); progressive frames only (90). */
export const hevcCodecs = (level: number): string => `hvc1.1.6.L${level * 3}.90`;

/** AV1 in ISOBMFF, section 5: Main profile, Main tier, 8 bit. */
export const av1Codecs = (level: number): string => `av01.0.${String((Math.floor(level / 10) - 2) * 4 + (level % 10)).padStart(2, "0")}M.08`;
