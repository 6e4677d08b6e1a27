/** Pure: from a submission to the record of a video. */
import { createHash } from "node:crypto";
import type { Policy, SubmitParams, VideoRecord } from "./videos.contract.ts";

export interface Submission {
  params: SubmitParams;
  /** What makes two sources the same: the URL as parsed, the hash of the uploaded bytes, or `uploadIdentity`. */
  identity: string;
  newId: string;
  now: Date;
}

export function recordSubmission({ params, identity, newId, now }: Submission): VideoRecord {
  const { source, title, policy = "hybrid", priority = "normal", labels = {}, idempotencyKey } = params;
  return {
    id: idempotencyKey === undefined ? newId : digestId(idempotencyKey),
    createdAt: now.toISOString(),
    source,
    ...(title === undefined ? {} : { title }),
    policy,
    priority,
    labels,
    identity,
    claim: claimDigest(identity, policy),
    request: digest([identity, title ?? null, policy, priority, Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))]),
  };
}

/** Of an upload whose bytes are not all there, so that they have no hash: it is itself and nothing else. */
export function uploadIdentity(uploadId: string): string {
  return `upload ${uploadId}`;
}

/** 26 characters like any id, the same for the same key: the record itself then says whether the key was used. */
export function digestId(key: string): string {
  return BigInt(`0x${createHash("sha256").update(key).digest("hex")}`).toString(32).padStart(26, "0").slice(-26);
}

/** Names the one video that is made of a source under a policy. */
export function claimDigest(identity: string, policy: Policy): string {
  return digest([identity, policy]);
}

function digest(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
