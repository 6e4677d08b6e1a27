/** Pure: from a submission to the record of a video. */
import { createHash } from "node:crypto";
import { DEFAULT_TENANT } from "../../config/tenants.ts";
import type { ScreenedMode, SubmitParams, VideoRecord } from "./videos.contract.ts";

export interface Submission {
  params: SubmitParams;
  /** What makes two sources the same: the URL as parsed, the hash of the uploaded bytes, or `uploadIdentity`. */
  identity: string;
  newId: string;
  now: Date;
  /** Absent: the video is not screened. */
  screening?: ScreenedMode;
  /** Absent where there is one region. */
  place?: { home: string; standby: readonly string[] };
}

export function recordSubmission({ params, identity, newId, now, screening, place }: Submission): VideoRecord {
  const { source, tenant, visibility = "public", title, policy = "hybrid", protection = "none", priority = "normal", labels = {}, idempotencyKey } = params;
  const isNamed = tenant !== undefined && tenant !== DEFAULT_TENANT;
  return {
    id: idempotencyKey === undefined ? newId : idOfKey(idempotencyKey, tenant),
    createdAt: now.toISOString(),
    source: isNamed && source.kind === "url" ? { ...source, tenant } : source,
    ...(isNamed ? { tenant } : {}),
    ...(visibility === "private" ? { visibility } : {}),
    ...(title === undefined ? {} : { title }),
    policy,
    ...(protection === "none" ? {} : { protection }),
    priority,
    labels,
    identity,
    claim: claimDigest(identity, params),
    request: digest([identity, title ?? null, policy, priority, Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)), ...(visibility === "private" ? [visibility] : []), ...(protection === "none" ? [] : [protection])]),
    ...(screening === undefined ? {} : { screening }),
    ...place,
  };
}

/**
 * What is kept of a deleted video: that it was, whose, and what it claimed, but neither what it was called nor where it came
 * from. It is not encrypted.
 */
export function remainsOf({ title: _title, ...record }: VideoRecord): VideoRecord {
  const { source } = record;
  return { ...record, labels: {}, ...(source.kind === "url" ? { source: { kind: "url", url: "about:blank" }, identity: "" } : {}) };
}

/** Of an upload whose bytes are not all there, so that they have no hash: it is itself and nothing else. */
export function uploadIdentity(uploadId: string): string {
  return `upload ${uploadId}`;
}

/** Of the video that an Idempotency-Key, which is a tenant's own, was used for: the record itself then says whether it was. 26 characters like any id. */
export function idOfKey(idempotencyKey: string, tenant = DEFAULT_TENANT): string {
  const key = tenant === DEFAULT_TENANT ? idempotencyKey : `${tenant}\n${idempotencyKey}`;
  return BigInt(`0x${createHash("sha256").update(key).digest("hex")}`).toString(32).padStart(26, "0").slice(-26);
}

/** What videos of one source may differ in. */
export type Variety = Pick<SubmitParams, "policy" | "protection" | "tenant" | "visibility">;

/** Names the one video that a tenant has of a source under a policy and a protection, and the other one that is private. */
export function claimDigest(identity: string, { policy = "hybrid", protection = "none", tenant = DEFAULT_TENANT, visibility = "public" }: Variety): string {
  const isPrivate = visibility === "private";
  return digest([identity, policy, ...(isPrivate || tenant !== DEFAULT_TENANT ? [tenant] : []), ...(isPrivate ? [visibility] : []), ...(protection === "none" ? [] : [{ protection }])]);
}

function digest(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
