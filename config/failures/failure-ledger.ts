/**
 * Failures of one node that are still to be told, in memory: the same ones as one entry with a count. When there are too many
 * that differ, the rest is counted by code alone. What is told stays here until it has been heard.
 */
import { fingerprint, otherOf, ownFrames } from "./fingerprint.ts";
import type { Severity } from "./failure-code.ts";
import { redact } from "./redact.ts";

export interface Failure {
  code: string;
  severity: Severity;
  /** The action or event where it began. */
  action: string;
  message: string;
  stack?: string | undefined;
  requestId?: string | undefined;
  video?: string | undefined;
  /** ms since 1970. */
  at: number;
}
/** Failures of one group, as a node tells of them. `minutes`: how many in each minute since 1970, of the last hours. */
export interface ToldGroup {
  id: string;
  code: string;
  severity: Severity;
  service: string;
  action: string;
  count: number;
  firstMs: number;
  lastMs: number;
  minutes: [minute: number, count: number][];
  videos: string[];
  /** Of the last one, without secrets, persons and machine paths. */
  message: string;
  stack: string[];
  requestId?: string;
}
/** The same `batch` again is the same telling. */
export interface FailureBatch { batch: string; node: string; region: string; version: string; groups: ToldGroup[] }

const MAX_GROUPS = 40;
const MAX_MINUTES = 120;
const MAX_VIDEOS = 20;
const MAX_MESSAGE = 500;
const VIDEO_ID = /^[0-9a-z]{26}$/;
const MINUTE_MS = 60_000;

/** @param about of each batch @param writer names this process among all there ever were */
export function openFailureLedger(about: Pick<FailureBatch, "node" | "region" | "version">, writer: string) {
  let groups = new Map<string, ToldGroup & { perMinute: Map<number, number> }>();
  let told: FailureBatch | undefined;
  let batches = 0;

  return {
    note(failure: Failure): void {
      const { code, severity, action, at, video } = failure;
      const own = fingerprint(failure);
      const id = groups.has(own) || groups.size < MAX_GROUPS ? own : otherOf(code);
      const group = groups.get(id) ?? { id, code, severity, service: action.split(".")[0] ?? "", action, count: 0, firstMs: at, lastMs: at, minutes: [], videos: [], message: "", stack: [], perMinute: new Map<number, number>() };
      groups.set(id, group);
      group.count++;
      group.lastMs = Math.max(group.lastMs, at);
      const minute = Math.floor(at / MINUTE_MS);
      group.perMinute.set(minute, (group.perMinute.get(minute) ?? 0) + 1);
      if (group.perMinute.size > MAX_MINUTES) group.perMinute.delete(Math.min(...group.perMinute.keys()));
      if (video !== undefined && VIDEO_ID.test(video) && !group.videos.includes(video) && group.videos.length < MAX_VIDEOS) group.videos.push(video);
      if (group.count > 1 && id === own) return; // the last one of a batch looks like its first
      group.message = redact(failure.message).slice(0, MAX_MESSAGE);
      group.stack = ownFrames(failure.stack).map(redact);
      if (failure.requestId !== undefined) group.requestId = redact(failure.requestId).slice(0, 64);
    },
    /** What is to be told now; the same until it is `heard`. Undefined: nothing is. */
    next(): FailureBatch | undefined {
      if (told === undefined && groups.size > 0) {
        told = { ...about, batch: `${writer}-${++batches}`, groups: [...groups.values()].map(({ perMinute, ...group }) => ({ ...group, minutes: [...perMinute] })) };
        groups = new Map();
      }
      return told;
    },
    heard(): void {
      told = undefined;
    },
  };
}

export type FailureLedger = ReturnType<typeof openFailureLedger>;
