/** What the mesh has of a person, and how it is removed: each a call of the service whose it is. */
import type { ServiceBroker } from "moleculer";
import { findErrorCode, type ErrorCode } from "../../config/errors.ts";
import type { PersonMarks } from "../../mixins/person-marks.ts";
import type { KeyParams, KeysOfParams, ListKeysResult } from "../access/access.contract.ts";
import type { QueryParams, QueryResult, RecordParams, RecordResult, RecordView } from "../audit/audit.contract.ts";
import type { KnownUpload, UploadIdParams } from "../source/source.contract.ts";
import type { DropUploadResult, RevokeLinksParams, VideoIdParams, VideoState, VideoView } from "../videos/videos.contract.ts";
import type { CollectPorts, Whom } from "./collect.ts";
import type { ErasureOrders } from "./erasure-orders.ts";
import type { ErasePorts } from "./erase-person.ts";

const PAGE = 500;
/** A page of the log may be of many objects. */
const QUERY = { timeout: 15_000 };
/** A long video is many objects. */
const REMOVE = { timeout: 60_000 };

export interface MeshPortNeeds { broker: Pick<ServiceBroker, "call">; marks: PersonMarks; orders: ErasureOrders; linkMaxSec: number }

export function meshPorts({ broker, marks, orders, linkMaxSec }: MeshPortNeeds): CollectPorts & ErasePorts {
  /** Undefined where there is nothing any more. */
  async function unless<T>(codes: readonly ErrorCode[], work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const code = findErrorCode(error);
      if (code === undefined || !codes.includes(code)) throw error;
      return undefined;
    }
  }

  async function* records({ person, tenant }: Whom, since?: string): AsyncGenerator<RecordView> {
    let after: string | undefined;
    do {
      const page: QueryResult = await broker.call<QueryResult, QueryParams>("audit.query", { about: person, limit: PAGE, ...(since === undefined ? {} : { since }), ...(after === undefined ? {} : { after }) }, QUERY);
      for (const record of page.records) if (tenant === undefined || record.who?.tenant === tenant || record.target?.["tenant"] === tenant) yield record;
      after = page.next;
    } while (after !== undefined);
  }

  return {
    linkMaxSec, orders, records,
    now: Date.now,
    keys: async ({ person, tenant }) => (await broker.call<ListKeysResult, KeysOfParams>("access.keysOf", { person, ...(tenant === undefined ? {} : { tenant }) })).keys,
    posted: ({ person, tenant }) => marks.posted.of(person, tenant),
    sent: ({ person, tenant }) => marks.sent.of(person, tenant),
    async findVideo(id) {
      const video = await unless(["video_not_found"], () => broker.call<VideoView, VideoIdParams>("videos.get", { id }));
      return video?.status === "deleted" ? undefined : video;
    },
    findUpload: (uploadId) => unless(["upload_not_found", "upload_incomplete", "upload_expired"], () => broker.call<KnownUpload, UploadIdParams>("source.upload", { uploadId })),
    findReview: async (id) => (await broker.call<VideoState | null, VideoIdParams>("videos.state", { id }))?.review,

    revokeKey: async (id) => void (await unless(["key_not_found"], () => broker.call<unknown, KeyParams>("access.revokeKey", { id }))),
    forgetKey: (id) => broker.call<void, KeyParams>("access.forgetKey", { id }),
    async endLink(id, linkId) {
      const state = await broker.call<VideoState | null, VideoIdParams>("videos.state", { id });
      if (state === null || state.deleted) return; // its links went with it
      try {
        await broker.call<unknown, RevokeLinksParams>("videos.revokeLinks", { id, linkId });
      } catch (error) {
        if (findErrorCode(error) !== "conflict") throw error;
        await broker.call<unknown, RevokeLinksParams>("videos.revokeLinks", { id }); // too many were ended one by one
      }
    },
    removeVideo: async (id) => void (await unless(["video_not_found"], () => broker.call<unknown, VideoIdParams>("videos.remove", { id }, REMOVE))),
    forgetPoster: (id, person) => marks.posted.forgetPoster(person, id),
    hasPosters: async (id) => (await marks.posters(id)).length > 0,
    forgetPosted: (person, tenant, id) => marks.posted.forget(person, { tenant, id }),
    dropUpload: async (uploadId) => (await broker.call<DropUploadResult, UploadIdParams>("videos.dropUpload", { uploadId }, REMOVE)).removed,
    forgetSent: (person, tenant, id) => marks.sent.forget(person, { tenant, id }),
    async writeReceipt({ id, person, tenant, by, videos }, erased) {
      const target = { order: id, person, choice: videos, ...erased, ...(tenant === undefined ? {} : { tenant }) };
      await broker.call<RecordResult, RecordParams>("audit.record", { type: "erasure", subject: by, target });
    },
  };
}
