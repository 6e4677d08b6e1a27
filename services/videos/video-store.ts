/**
 * Reads and writes the objects that a video's state is made of. Each is written once (`ifAbsent`), so what has been
 * read stays true; only what is still missing, and the tombstone, is looked for again.
 */
import { LRUCache } from "lru-cache";
import { objectKeys } from "../../config/object-keys.ts";
import type { Plan } from "../../media/plan.ts";
import { putPart, type StorageCalls } from "../../mixins/storage-calls.ts";
import type { ListResult } from "../storage/storage.contract.ts";
import type { Outcome, Verdict, VideoRecord, VideoState } from "./videos.contract.ts";

interface Known { record?: VideoRecord; verdict?: Verdict; plan?: Plan; outcome?: Outcome }

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

export function videoStore(storage: StorageCalls) {
  const known = new LRUCache<string, Known>({ max: 500 });

  async function read(key: string): Promise<unknown> {
    const bytes = await storage.get(key);
    return bytes === null ? undefined : JSON.parse(bytes.toString("utf8"));
  }

  /** Writes `key` unless it is there. Tells whether it was this write that made it. */
  async function create(key: string, value: unknown): Promise<boolean> {
    return (await storage.put(key, encode(value), true)).stored;
  }

  /** As `create`, for a part of a video. */
  async function createPart(id: string, key: string, value: unknown): Promise<boolean> {
    return (await putPart(storage, id, key, encode(value))) === "made";
  }

  return {
    /** The state of a video, or undefined when there has never been one with this id. */
    async find(id: string): Promise<VideoState | undefined> {
      const cached: Known = known.get(id) ?? {};
      const [tombstone, ...found] = await Promise.all([
        storage.get(objectKeys.tombstone(id)),
        cached.record ?? read(objectKeys.record(id)),
        cached.verdict ?? read(objectKeys.verdict(id)),
        cached.plan ?? read(objectKeys.plan(id)),
        cached.outcome ?? read(objectKeys.outcome(id)),
      ]);
      if (tombstone !== null) {
        known.delete(id);
        return { record: JSON.parse(tombstone.toString("utf8")) as VideoRecord, deleted: true };
      }
      const present = parseKnown(found);
      if (present.record === undefined) return undefined;
      known.set(id, present);
      return { ...present, record: present.record, deleted: false };
    },
    /** Makes the record durable, with the mark that it is unfinished. */
    async createRecord(record: VideoRecord): Promise<boolean> {
      const [, created] = await Promise.all([
        storage.put(objectKeys.open(record.id), encode({ at: record.createdAt }), false),
        create(objectKeys.record(record.id), record),
      ]);
      return created;
    },
    createVerdict: (id: string, verdict: Verdict) => createPart(id, objectKeys.verdict(id), verdict),
    createPlan: (id: string, plan: Plan) => createPart(id, objectKeys.plan(id), plan),
    createOutcome: (id: string, outcome: Outcome) => createPart(id, objectKeys.outcome(id), outcome),
    /** The mark goes last: until then a restart looks at the video again. */
    close: (id: string) => storage.remove(objectKeys.open(id)),
    /** The video that the source was claimed for: `id`, or who came first. */
    async claim(digest: string, id: string): Promise<string> {
      if (await create(objectKeys.claim(digest), { id })) return id;
      const claim = await read(objectKeys.claim(digest));
      return parseClaim(claim) ?? id;
    },
    /** Lets the next post of the source start anew, when the claim is this video's. */
    async releaseClaim(digest: string, id: string): Promise<void> {
      if (parseClaim(await read(objectKeys.claim(digest))) === id) await storage.remove(objectKeys.claim(digest));
    },
    /** The video that a source was claimed for. */
    async findClaim(digest: string): Promise<string | undefined> {
      return parseClaim(await read(objectKeys.claim(digest)));
    },
    /** Of a finished upload. */
    async findUploadHash(uploadId: string): Promise<string | undefined> {
      return parseHash(await read(objectKeys.upload(uploadId)));
    },
    /** What is known of the upload stays: who posts it again is told of the video that has the same bytes. */
    async removeUploadBytes(uploadId: string): Promise<void> {
      await storage.remove(objectKeys.uploadBytes(uploadId));
    },
    async removeUpload(uploadId: string): Promise<void> {
      await storage.removePrefix(objectKeys.uploadFolder(uploadId));
    },
    /** The tombstone comes first: from then on nobody makes anything of the video. */
    async remove(record: VideoRecord): Promise<void> {
      await storage.put(objectKeys.tombstone(record.id), encode(record), true);
      known.delete(record.id);
      await storage.removePrefix(objectKeys.video(record.id));
    },
    forget: (id: string) => known.delete(id),
    /** Every id that has a record, for rebuilding the catalog. */
    async *allIds(): AsyncGenerator<string> {
      let after: string | undefined;
      do {
        const page: ListResult = await storage.list(objectKeys.allVideos, after, true);
        for (const prefix of page.prefixes) yield prefix.slice(objectKeys.allVideos.length).replace(/\/$/, "");
        after = page.next;
      } while (after !== undefined);
    },
  };
}

export type VideoStore = ReturnType<typeof videoStore>;

/** These objects are our own: what the store gives back is what was put. */
function parseKnown([record, verdict, plan, outcome]: readonly unknown[]): Known {
  return Object.fromEntries(Object.entries({ record, verdict, plan, outcome }).filter(([, value]) => value !== undefined)) as Known;
}

function parseClaim(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? value.id : undefined;
}

function parseHash(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && "sha256" in value && typeof value.sha256 === "string" ? value.sha256 : undefined;
}
