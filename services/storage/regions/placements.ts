/** Where a video belongs: which region accepted it, which stand by for it, which works on it now. */
import { LRUCache } from "lru-cache";
import { upTo } from "../../../config/lru-room.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { ObjectStore } from "../object-store.ts";
import type { Placement, RecordPlace } from "../storage.contract.ts";
import type { Adoptions } from "./adoptions.ts";

const KEPT = 5_000;

/** @param read looks for an object here and elsewhere */
export function openPlacements(read: ObjectStore["get"], ownName: string, adoptions: Pick<Adoptions, "find">) {
  const known = new LRUCache<string, RecordPlace>(upTo(KEPT));
  const reading = new Map<string, Promise<RecordPlace | undefined>>();

  /** All parts of a video are asked for at once, and one look tells of them all. */
  function readPlace(videoId: string): Promise<RecordPlace | undefined> {
    const underWay = reading.get(videoId) ?? read(objectKeys.record(videoId)).then((bytes) => parsePlace(bytes, ownName)).finally(() => reading.delete(videoId));
    reading.set(videoId, underWay);
    return underWay;
  }

  return {
    /** Of a record that this process writes. */
    note(videoId: string, place: RecordPlace): void {
      known.set(videoId, place);
    },
    /** Undefined when no store has a record of the video. */
    async find(videoId: string): Promise<Placement | undefined> {
      const place = known.get(videoId) ?? (await readPlace(videoId));
      if (place === undefined) return undefined;
      known.set(videoId, place);
      const adoption = adoptions.find(videoId);
      return { ...place, worker: adoption?.by ?? place.home, changes: adoption?.n ?? 0 };
    },
  };
}

export type Placements = ReturnType<typeof openPlacements>;

/** A record from before there were regions is of the region that has it. */
export function parsePlace(bytes: Uint8Array | undefined, ownName: string): RecordPlace | undefined {
  const record = bytes === undefined ? undefined : parseJson(Buffer.from(bytes).toString("utf8"));
  if (record === undefined) return undefined;
  const { home, standby } = typeof record === "object" && record !== null ? (record as { home?: unknown; standby?: unknown }) : {};
  const named = Array.isArray(standby) ? standby.filter((name): name is string => typeof name === "string") : [];
  return { home: typeof home === "string" ? home : ownName, standby: named };
}

/** Undefined for a record that is damaged: then as if there were none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The regions that keep all of a video, but for `ownName`: its worker first. */
export function keepers({ home, standby, worker }: Placement, ownName: string): string[] {
  return [...new Set([worker, home, ...standby])].filter((name) => name !== ownName);
}
