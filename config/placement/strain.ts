/** How much a node has to do, and how much it can: in encodes, so that nodes of all sizes compare. Pure. */
import type { LoadReport } from "./load-report.ts";

export interface Strain {
  /** Encodes' worth of work that it has, calls under way to it included. */
  busy: number;
  /** Encodes' worth of work that it has room for now. */
  room: number;
  /** How fast an encode that is alone there goes, 1 being typical. */
  pace: number;
  /** Its room when nothing else runs there: what its share of the keys goes by. */
  weight: number;
}

/** An encode in the background gives way to a viewer's, but shares memory and caches with it. */
const BACKGROUND = 0.25;
/** Whatever else runs there, the system gives a node so much. */
const MIN_FREE = 0.1;
/** Nodes differ more than this only when a measure is wrong: it depends on what was encoded. */
const MAX_SPEED_RATIO = 2;

/**
 * @param begun calls that were sent there and are not in the report
 * @param typicalSpeed of the nodes it is compared with
 */
export function strainOf(report: LoadReport, begun: number, typicalSpeed: number | undefined): Strain {
  const { slots, play, background, waiting, ownCpu, machineCpu } = report;
  const others = Math.max(0, machineCpu - ownCpu);
  const besideEncodes = Math.max(0, ownCpu * slots - play - background);
  const ratio = speedRatio(report.speed, typicalSpeed);
  const pace = Math.max(MIN_FREE, 1 - others) * ratio;
  return {
    busy: play + waiting + begun + BACKGROUND * background + besideEncodes,
    room: slots * pace,
    pace,
    weight: slots * 2 ** (Math.round(2 * Math.log2(ratio)) / 2), // in steps, for keys must not wander
  };
}

function speedRatio(speed: number | undefined, typical: number | undefined): number {
  if (speed === undefined || typical === undefined) return 1;
  return Math.min(MAX_SPEED_RATIO, Math.max(1 / MAX_SPEED_RATIO, speed / typical));
}

/** Stands for a node that says nothing: as the others are on average, or as small as a node can be. */
export function averageReport(reports: readonly LoadReport[]): LoadReport {
  const average = (of: (report: LoadReport) => number): number => reports.reduce((sum, report) => sum + of(report), 0) / reports.length;
  if (reports.length === 0) return { slots: 1, play: 0, background: 0, waiting: 0, ownCpu: 0, machineCpu: 0, accepting: true };
  return {
    slots: average(({ slots }) => slots), play: average(({ play }) => play), background: average(({ background }) => background),
    waiting: average(({ waiting }) => waiting), ownCpu: average(({ ownCpu }) => ownCpu), machineCpu: average(({ machineCpu }) => machineCpu),
    accepting: true,
  };
}

export function typicalSpeed(reports: readonly LoadReport[]): number | undefined {
  const speeds = reports.flatMap(({ speed }) => speed ?? []);
  return speeds.length === 0 ? undefined : Math.exp(speeds.reduce((sum, speed) => sum + Math.log(speed), 0) / speeds.length);
}
