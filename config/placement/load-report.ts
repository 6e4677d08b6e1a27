/** What a node tells the others of its load, about once a second. It comes over the wire, so it is parsed, not trusted. */

import { parseByteCounts, type ByteCounts } from "./byte-counts.ts";

/** The event that carries one; its sender is the node. */
export const LOAD_REPORTED = "load.reported";

export interface LoadReport {
  /** Encodes that it has room for at once; of a node without FFmpeg, its cores. */
  slots: number;
  /** Encodes that a viewer waits for. */
  play: number;
  /** Encodes that nobody waits for; they are niced. */
  background: number;
  /** What waits for a slot. */
  waiting: number;
  /** What the node's own processes take of all cores of its machine, from 0 to 1. */
  ownCpu: number;
  /** What everything takes of them. */
  machineCpu: number;
  /** Megapixels a second that its encodes have come to; absent: it has made none yet. */
  speed?: number;
  /** False: it drains or is in quarantine, and gets nothing new while anybody else is there. */
  accepting: boolean;
  /** Since its start; absent: it counts none. */
  bytes?: ByteCounts;
}

const MAX_SLOTS = 256;
const MAX_COUNT = 100_000;
const MAX_SPEED = 1_000_000;
/** Of its slots, that the work of a node must have grown or shrunk by to be told at once. */
const BIG_CHANGE = 0.5;

/** Undefined when it is none; what is out of its limits is brought within them. */
export function parseLoadReport(value: unknown): LoadReport | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields: Partial<Record<keyof LoadReport, unknown>> = value;
  const slots = parseNumber(fields.slots, 1, MAX_SLOTS);
  const [play, background, waiting] = [fields.play, fields.background, fields.waiting].map((count) => parseNumber(count, 0, MAX_COUNT));
  const [ownCpu, machineCpu] = [fields.ownCpu, fields.machineCpu].map((share) => parseNumber(share, 0, 1));
  if (slots === undefined || play === undefined || background === undefined || waiting === undefined || ownCpu === undefined || machineCpu === undefined) return undefined;
  if (typeof fields.accepting !== "boolean") return undefined;
  const speed = parseNumber(fields.speed, 0, MAX_SPEED);
  const bytes = parseByteCounts(fields.bytes);
  return { slots, play, background, waiting, ownCpu, machineCpu, ...(speed === undefined || speed === 0 ? {} : { speed }), accepting: fields.accepting, ...(bytes === undefined ? {} : { bytes }) };
}

function parseNumber(value: unknown, min: number, max: number): number | undefined {
  return typeof value === "number" && !Number.isNaN(value) ? Math.min(max, Math.max(min, value)) : undefined;
}

/** Whether the others are to hear of it before the next second. */
export function isBigChange(told: LoadReport, now: LoadReport): boolean {
  const work = (report: LoadReport): number => report.play + report.waiting;
  return told.accepting !== now.accepting || Math.abs(work(now) - work(told)) >= Math.max(1, BIG_CHANGE * now.slots);
}
