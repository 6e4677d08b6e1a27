/**
 * Reads and writes the objects that a video's state is made of. Each is written once (`ifAbsent`), so what has been
 * read stays true; only what is still missing, the tombstone, and a bad end, after which a video may be opened once
 * more, are looked for again.
 */
import { LRUCache } from "lru-cache";
import { upTo } from "../../config/lru-room.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { tenantOf } from "../../config/tenants.ts";
import type { Plan } from "../../media/plan.ts";
import { makeContentKey } from "../../mixins/content-key.ts";
import { openClaims } from "../../mixins/claims.ts";
import { personMarks } from "../../mixins/person-marks.ts";
import { putPart, type StorageCalls } from "../../mixins/storage-calls.ts";
import { NOTHING_ERASED, sumErased, type EraseResult, type ListResult, type PutResult, type RecordPlace } from "../storage/storage.contract.ts";
import { remainsOf } from "./submission.ts";
import type { Outcome, Review, Screening, Twin, Verdict, VideoRecord, VideoState } from "./videos.contract.ts";

interface Known { record?: VideoRecord; verdict?: Verdict; plan?: Plan; twin?: Twin; outcome?: Outcome; screening?: Screening; review?: Review }

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** `makeKey`: the object of a new content key. */
export function videoStore(storage: StorageCalls, makeKey: () => Buffer = makeContentKey) {
  const known = new LRUCache<string, Known>(upTo(500));
  const claims = openClaims(storage);
  const marks = personMarks(storage);

  async function read(key: string): Promise<unknown> {
    const bytes = await storage.get(key);
    return bytes === null ? undefined : JSON.parse(bytes.toString("utf8"));
  }

  /** Writes `key` unless it is there. Tells whether it was this write that made it. */
  async function create(key: string, value: unknown): Promise<boolean> {
    return (await storage.put(key, encode(value), true)).stored;
  }

  /** As `create`, for a part of a video. */
  async function createPart(id: string, key: string, value: unknown, onGone?: () => Promise<void>): Promise<boolean> {
    const outcome = await putPart(storage, id, key, encode(value));
    if (outcome === "gone") await onGone?.();
    return outcome === "made";
  }

  /** Others with the same plan need a video that is there. */
  const releaseTwins = ({ key }: Twin, id: string): Promise<void> => claims.release(objectKeys.twinClaim(key), id);
  /** Says that there is something to do for a reconciler. */
  const mark = ({ id, createdAt }: VideoRecord, place?: RecordPlace): Promise<PutResult> => storage.put(objectKeys.open(id), encode({ at: createdAt }), false, place);

  return {
    /** The state of a video, or undefined when there has never been one with this id. */
    async find(id: string): Promise<VideoState | undefined> {
      const cached: Known = known.get(id) ?? {};
      const isScreened = cached.record === undefined || cached.record.screening !== undefined;
      const [tombstone, ...found] = await Promise.all([
        storage.get(objectKeys.tombstone(id)),
        cached.record ?? read(objectKeys.record(id)),
        cached.verdict ?? read(objectKeys.verdict(id)),
        cached.plan ?? read(objectKeys.plan(id)),
        cached.twin ?? read(objectKeys.twin(id)),
        cached.outcome ?? read(objectKeys.outcome(id)),
        cached.screening ?? (isScreened ? read(objectKeys.screening(id)) : undefined),
        cached.review ?? (isScreened ? read(objectKeys.review(id)) : undefined),
      ]);
      if (tombstone !== null) {
        known.delete(id);
        return { record: JSON.parse(tombstone.toString("utf8")) as VideoRecord, deleted: true };
      }
      const present = parseKnown(found);
      if (present.record === undefined) return undefined;
      known.set(id, keepable(present));
      return { ...present, record: present.record, deleted: false };
    },
    /** Makes the record durable, with the mark that it is unfinished. `copies`: other regions that have both. */
    async createRecord(record: VideoRecord): Promise<{ created: boolean; copies?: string[] }> {
      const { home, standby = [] } = record;
      const place = home === undefined ? undefined : { home, standby };
      // Of one maker, before anybody can ask for it: two regions that each made one would serve media that do not go together.
      if (record.protection !== undefined) await storage.put(objectKeys.contentKey(record.id), makeKey(), true, place);
      const [marked, { stored, copies }] = await Promise.all([
        mark(record, place),
        storage.put(objectKeys.record(record.id), encode(record), true, place),
      ]);
      return { created: stored, ...(copies === undefined ? {} : { copies: copies.filter((region) => marked.copies?.includes(region) === true) }) };
    },
    /**
     * Has the store make what is needed to write a new record, while something else is waited for. Whether it could shows
     * when the record is written. @returns takes that away again, for a record that is not written after all
     */
    prepare(id: string): () => Promise<void> {
      const preparing = storage.prepare?.(id).catch(() => undefined);
      return async () => {
        await preparing;
        await storage.discard?.(id).catch(() => undefined); // a key of nothing does no harm
      };
    },
    /** Which regions a new record should name; undefined where there is one. */
    async place(): Promise<{ home: string; standby: readonly string[] } | undefined> {
      return (await storage.place?.()) ?? undefined;
    },
    createVerdict: (id: string, verdict: Verdict) => createPart(id, objectKeys.verdict(id), verdict),
    createPlan: (id: string, plan: Plan) => createPart(id, objectKeys.plan(id), plan),
    createTwin: (id: string, twin: Twin) => createPart(id, objectKeys.twin(id), twin, () => releaseTwins(twin, id)),
    createOutcome: (id: string, outcome: Outcome) => createPart(id, objectKeys.outcome(id), outcome),
    createScreening: (id: string, screening: Screening) => createPart(id, objectKeys.screening(id), screening),
    createReview: (id: string, review: Review) => createPart(id, objectKeys.review(id), review),
    async mark(record: VideoRecord): Promise<void> { await mark(record); },
    /** The mark comes first: whoever dies here leaves a video that a reconciler looks at, and tidies. */
    async reopen({ id, claim, createdAt }: VideoRecord): Promise<void> {
      const [verdict, outcome] = [(await read(objectKeys.verdict(id))) as Verdict | undefined, (await read(objectKeys.outcome(id))) as Outcome | undefined];
      const ends = [...(verdict?.accepted === false ? [verdict.at] : []), ...(outcome?.complete === false ? [outcome.at] : [])];
      for (const at of ends) await storage.put(objectKeys.reopened(id, Date.parse(at)), encode({ at: createdAt }), false);
      await create(objectKeys.claim(claim), { id }); // unless the source was posted again meanwhile
      if (verdict?.accepted === false) await storage.remove(objectKeys.verdict(id));
      if (outcome?.complete === false) await storage.remove(objectKeys.outcome(id));
      known.delete(id);
    },
    /** The mark goes last: until then a restart looks at the video again. */
    close: (id: string) => storage.remove(objectKeys.open(id)),
    /** The video that the source was claimed for: `id`, or who came first. */
    claim: (digest: string, id: string) => claims.claim(objectKeys.claim(digest), id),
    /** Lets the next post of the source start anew, when the claim is this video's. */
    releaseClaim: (digest: string, id: string) => claims.release(objectKeys.claim(digest), id),
    /** The video that a source was claimed for. */
    findClaim: (digest: string) => claims.find(objectKeys.claim(digest)),
    /** Of a finished upload. */
    async findUploadHash(uploadId: string): Promise<string | undefined> {
      return parseHash(await read(objectKeys.upload(uploadId)));
    },
    /** What is known of the upload stays: who posts it again is told of the video that has the same bytes. */
    async removeUploadBytes(uploadId: string): Promise<void> {
      await storage.erase(objectKeys.uploadBytes(uploadId));
    },
    async noteUploadTenant(uploadId: string, tenant: string): Promise<void> {
      await storage.put(objectKeys.uploadTenant(uploadId, tenant), encode({}), false);
    },
    /** Tenants, but for the default one, that may have a video of the upload. */
    async uploadTenants(uploadId: string): Promise<string[]> {
      const prefix = objectKeys.uploadTenants(uploadId);
      const tenants: string[] = [];
      for (let after: string | undefined; ;) {
        const page: ListResult = await storage.list(prefix, after, false);
        tenants.push(...page.objects.map(({ key }) => key.slice(prefix.length)));
        if (page.next === undefined) return tenants;
        after = page.next;
      }
    },
    removeUpload: (uploadId: string): Promise<EraseResult> => storage.erase(objectKeys.uploadFolder(uploadId)),
    /** Says that the video is to be deleted: whoever dies from here on is followed by a reconciler. */
    async markLeaving(id: string): Promise<void> {
      await storage.put(objectKeys.leaving(id), encode({}), false);
    },
    /** The tombstone comes first: from then on nobody makes anything of the video. */
    async remove(record: VideoRecord): Promise<EraseResult> {
      await storage.put(objectKeys.tombstone(record.id), encode(remainsOf(record)), true);
      known.delete(record.id);
      const twin = await read(objectKeys.twin(record.id));
      if (twin !== undefined) await releaseTwins(twin as Twin, record.id);
      await storage.remove(objectKeys.reviewMark(tenantOf(record), record.id));
      const erased = await storage.erase(objectKeys.video(record.id));
      await marks.forgetVideo({ tenant: tenantOf(record), id: record.id });
      return sumErased(erased, record.visibility === "private" ? await storage.erase(objectKeys.linksRevoked(record.id)) : NOTHING_ERASED); // no link is good any more
    },
    /** Files a video, that may be about to be made, by who posts it. */
    notePosted: (person: string, tenant: string, id: string) => marks.posted.note(person, { tenant, id }),
    forgetPosted: (person: string, tenant: string, id: string) => marks.posted.forget(person, { tenant, id }),
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
function parseKnown([record, verdict, plan, twin, outcome, screening, review]: readonly unknown[]): Known {
  return Object.fromEntries(Object.entries({ record, verdict, plan, twin, outcome, screening, review }).filter(([, value]) => value !== undefined)) as Known;
}

function keepable({ verdict, outcome, ...rest }: Known): Known {
  return { ...rest, ...(verdict?.accepted === true ? { verdict } : {}), ...(outcome?.complete === true ? { outcome } : {}) };
}

function parseHash(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && "sha256" in value && typeof value.sha256 === "string" ? value.sha256 : undefined;
}
