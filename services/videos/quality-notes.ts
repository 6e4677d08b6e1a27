/**
 * What checks measured, kept with the video: each run of segments that was checked is an object that is written once, so
 * what has been read stays true and only new ones are read. A refusal is an object of its own: whoever makes or counts
 * segments asks for it by name.
 */
import { LRUCache } from "lru-cache";
import { upTo } from "../../config/lru-room.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { summarise, type SegmentReport } from "../../media/quality/report.ts";
import { putPart, type StorageCalls } from "../../mixins/storage-calls.ts";
import type { NoteQualityParams, QualityView } from "./videos.contract.ts";

/** Objects of one video by their keys. */
type Read = Map<string, SegmentReport[]>;

const KEPT_VIDEOS = 50;
const READ_AT_ONCE = 16;
/** Who polls a video does not list its objects each time. */
const FRESH_MS = 2_000;
const SHOWN_REFUSALS = 100;

export function qualityNotes(storage: StorageCalls) {
  const known = new LRUCache<string, Read>(upTo(KEPT_VIDEOS));
  const fresh = new LRUCache<string, QualityView | Record<string, never>>({ ...upTo(KEPT_VIDEOS), ttl: FRESH_MS });

  const create = async (id: string, key: string, reports: readonly SegmentReport[]): Promise<void> => {
    await putPart(storage, id, key, Buffer.from(JSON.stringify(reports)));
  };

  async function readAll(id: string): Promise<Read> {
    const read: Read = known.get(id) ?? new Map<string, SegmentReport[]>();
    known.set(id, read);
    for (let after: string | undefined; ;) {
      const page = await storage.list(objectKeys.allQuality(id), after, false);
      const unread = page.objects.map(({ key }) => key).filter((key) => !read.has(key));
      for (let at = 0; at < unread.length; at += READ_AT_ONCE) {
        await Promise.all(unread.slice(at, at + READ_AT_ONCE).map(async (key) => {
          const bytes = await storage.get(key);
          if (bytes !== null) read.set(key, parseReports(bytes));
        }));
      }
      if (page.next === undefined) return read;
      after = page.next;
    }
  }

  return {
    /** Twice does no harm: the same segments have the same name. */
    async note({ id, rendition, reports, refused }: NoteQualityParams): Promise<void> {
      // Refusals first: with them nobody makes the segment again.
      await Promise.all(refused.map((report) => create(id, objectKeys.refusal(id, rendition, String(report.segment)), [report])));
      const [first, last] = [reports[0]?.segment, reports.at(-1)?.segment];
      if (first !== undefined) await create(id, objectKeys.quality(id, rendition, `${first}-${last}.json`), reports);
      await Promise.all(refused.map((report) => create(id, objectKeys.quality(id, rendition, `refused-${report.segment}.json`), [report])));
      fresh.delete(id);
    },
    /** Undefined while nothing was checked. */
    async view(id: string): Promise<QualityView | undefined> {
      const seen = fresh.get(id) ?? viewQuality(id, await readAll(id)) ?? {};
      fresh.set(id, seen);
      return isView(seen) ? seen : undefined;
    },
    forget(id: string): void {
      known.delete(id);
      fresh.delete(id);
    },
  };
}

export type QualityNotes = ReturnType<typeof qualityNotes>;

const isView = (seen: QualityView | Record<string, never>): seen is QualityView => "checkedSegments" in seen;

/** A segment that two nodes checked counts once. */
function viewQuality(id: string, read: Read): QualityView | undefined {
  if (read.size === 0) return undefined;
  const good = new Map<string, Map<number, SegmentReport>>();
  const refused: QualityView["refused"] = [];
  for (const [key, reports] of [...read].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const [rendition = "", name = ""] = key.slice(objectKeys.allQuality(id).length).split("/");
    const of = good.get(rendition) ?? new Map<number, SegmentReport>();
    good.set(rendition, of);
    for (const report of reports) {
      const [worst] = report.findings;
      if (worst === undefined) of.set(report.segment, report);
      else if (name.startsWith("refused-")) refused.push({ rendition, segment: report.segment, fault: worst.fault, detail: worst.detail });
    }
  }
  const renditions = [...good].map(([name, reports]) => summarise(name, [...reports.values()]));
  const checked = renditions.reduce((total, { checkedSegments }) => total + checkedSegments, 0);
  return { checkedSegments: checked + refused.length, refusedSegments: refused.length, renditions, refused: refused.slice(0, SHOWN_REFUSALS) };
}

/** These objects are our own: what the store gives back is what was put. */
function parseReports(bytes: Buffer): SegmentReport[] {
  return JSON.parse(bytes.toString("utf8")) as SegmentReport[];
}
