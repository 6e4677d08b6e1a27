/** What is said of a checked segment, and of a rendition whose segments were. Pure. */
import { STRUCTURE_FAULTS } from "./structure.ts";

/**
 * `decode`: FFmpeg complains, or decodes another number of frames. `picture`: unlike the source's, `colour`: in its
 * levels or colours only. `shifted`: it comes a frame too early or late. `sync`: sound does.
 */
export const FAULTS = [...STRUCTURE_FAULTS, "decode", "picture", "colour", "shifted", "black", "frozen", "silent", "sync"] as const;
export type Fault = (typeof FAULTS)[number];

export interface Finding { fault: Fault; detail: string }

export interface SegmentReport {
  segment: number;
  /** None: it may be stored. */
  findings: Finding[];
  frames: number;
  /** Likeness to the source, of an encode's pictures that were compared. */
  ssim?: { min: number; mean: number; compared: number };
  /** 0 to 100, where the FFmpeg found can measure it. */
  vmaf?: number;
  /** The source's own frames, served as they are, made the decoder complain so often. */
  sourceErrors?: number;
  /** How often the segment had been made before this time. */
  retries?: number;
}

/** Of the segments of a rendition that are good. */
export interface RenditionQuality {
  name: string;
  checkedSegments: number;
  /** Those that were not good when they were first made. */
  madeAgain: number;
  minSsim?: number;
  meanSsim?: number;
  vmaf?: number;
  sourceErrors: number;
}

export function summarise(name: string, reports: readonly SegmentReport[]): RenditionQuality {
  const likeness = reports.flatMap(({ ssim }) => ssim ?? []);
  const compared = sum(likeness.map((ssim) => ssim.compared));
  const vmaf = reports.flatMap((report) => report.vmaf ?? []);
  return {
    name, checkedSegments: reports.length, madeAgain: reports.filter(({ retries = 0 }) => retries > 0).length,
    ...(compared === 0 ? {} : { minSsim: Math.min(...likeness.map(({ min }) => min)), meanSsim: round(sum(likeness.map((ssim) => ssim.mean * ssim.compared)) / compared) }),
    ...(vmaf.length === 0 ? {} : { vmaf: round(sum(vmaf) / vmaf.length) }),
    sourceErrors: sum(reports.map(({ sourceErrors = 0 }) => sourceErrors)),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const round = (value: number): number => Math.round(value * 10_000) / 10_000;
