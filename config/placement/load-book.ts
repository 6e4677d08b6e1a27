/**
 * What a node knows of the load of the others: their last reports, how long a round trip to them takes, when it last heard
 * of them, and what it sent them since. All of it is bounded, and forgotten with its node.
 */
import { LRUCache } from "lru-cache";
import { upTo } from "../lru-room.ts";
import type { LoadReport } from "./load-report.ts";

/** An older report says nothing any more. */
const STALE_MS = 5_000;
/** A call that was sent less than this (and a round trip) before a report came cannot be in it. */
const MEASURED_MS = 20;
/** How much a longer round trip than usual counts; a shorter one is believed at once, for only a busy moment makes one long. */
const NEWEST = 0.3;
const MAX_NODES = 2_000;

export interface NodeView {
  /** Undefined: none came lately. */
  report: LoadReport | undefined;
  /** Undefined: never measured. */
  rttMs: number | undefined;
  /** Calls under way that the report cannot know of. */
  begun: number;
  /** It was found not to answer, and nothing was heard of it since. */
  silent: boolean;
}

interface Page {
  report?: { at: number; load: LoadReport };
  rttMs?: number;
  heardAt?: number;
  silentSince?: number;
  /** When each call under way was sent. */
  calls: Set<{ sentAt: number }>;
}

const UNKNOWN: NodeView = { report: undefined, rttMs: undefined, begun: 0, silent: false };

/** @param now milliseconds that only grow */
export function openLoadBook(now: () => number = () => performance.now()) {
  const pages = new LRUCache<string, Page>(upTo(MAX_NODES));

  function page(nodeId: string): Page {
    const found = pages.get(nodeId) ?? { calls: new Set() };
    pages.set(nodeId, found);
    return found;
  }

  return {
    reported(nodeId: string, load: LoadReport): void {
      const noted = page(nodeId);
      noted.report = { at: now(), load };
    },
    /** A ping came back after so long. */
    answered(nodeId: string, rttMs: number): void {
      const noted = page(nodeId);
      const known = noted.rttMs ?? rttMs;
      noted.rttMs = Math.min(rttMs, known + NEWEST * (rttMs - known));
    },
    /** Anything at all came from it. */
    heard(nodeId: string): void { page(nodeId).heardAt = now(); },
    heardAt: (nodeId: string): number | undefined => pages.peek(nodeId)?.heardAt,
    /** It does not answer what it should. */
    fellSilent(nodeId: string): void { page(nodeId).silentSince = now(); },
    /** A call goes there. @returns to be called when it has been answered */
    begin(nodeId: string): () => void {
      const { calls } = page(nodeId);
      const call = { sentAt: now() };
      calls.add(call);
      return () => void calls.delete(call);
    },
    /** It has left. */
    forget(nodeId: string): void { pages.delete(nodeId); },
    look(nodeId: string): NodeView {
      const noted = pages.peek(nodeId);
      if (noted === undefined) return UNKNOWN;
      const { report, rttMs, heardAt = -Infinity, silentSince = -Infinity, calls } = noted;
      const fresh = report !== undefined && now() - report.at <= STALE_MS ? report : undefined;
      const counted = fresh === undefined ? -Infinity : fresh.at - (rttMs ?? 0) - MEASURED_MS;
      return { report: fresh?.load, rttMs, begun: countAfter(calls, counted), silent: silentSince > heardAt };
    },
    get size(): number { return pages.size; },
  };
}

function countAfter(calls: ReadonlySet<{ sentAt: number }>, time: number): number {
  let count = 0;
  for (const { sentAt } of calls) if (sentAt > time) count++;
  return count;
}

export type LoadBook = ReturnType<typeof openLoadBook>;
