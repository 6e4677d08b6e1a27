/** Object lock: whether a bucket has it, and what a write has to say for it. */
import { createHash } from "node:crypto";
import { GetObjectLegalHoldCommand, GetObjectLockConfigurationCommand, GetObjectRetentionCommand, type PutObjectCommandInput, type S3Client } from "@aws-sdk/client-s3";
import { operationLimit } from "./s3-client.ts";
import { readAnswer } from "./s3-faults.ts";

type LockFields = Pick<PutObjectCommandInput, "ObjectLockMode" | "ObjectLockRetainUntilDate" | "ContentMD5">;

/** A server that has none says so with one of these; anything else is no answer, and is asked again. */
const NO_LOCK = [400, 403, 404, 405, 501];

/**
 * Compliance mode: not even the bucket's owner removes it sooner.
 * @returns what a write until then has to say; nothing, where the bucket has no object lock
 */
export function objectLock(client: S3Client, Bucket: string): (bytes: Uint8Array, keepUntil: number | undefined) => Promise<LockFields> {
  let asked: Promise<boolean> | undefined;
  const hasLock = (): Promise<boolean> => (asked ??= ask(client, Bucket).catch((error: unknown) => {
    asked = undefined;
    throw error;
  }));
  return async (bytes, keepUntil) => {
    if (keepUntil === undefined || !(await hasLock())) return {};
    return { ObjectLockMode: "COMPLIANCE", ObjectLockRetainUntilDate: new Date(keepUntil), ContentMD5: createHash("md5").update(bytes).digest("base64") }; // which S3 asks for with a lock
  };
}

/** The server's clock may be behind ours, and its refusal is older than its answer. */
const SKEW_MS = 60_000;

/** Whether a version is kept for some time, or until somebody lets go of it. False also where this node may not know. */
export async function isLocked(client: S3Client, Bucket: string, { Key, VersionId }: { Key: string; VersionId?: string }): Promise<boolean> {
  const version = { Bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) };
  const [until, isHeld] = await Promise.all([
    orNone(client.send(new GetObjectRetentionCommand(version), { abortSignal: operationLimit() }).then(({ Retention }) => Retention?.RetainUntilDate)),
    orNone(client.send(new GetObjectLegalHoldCommand(version), { abortSignal: operationLimit() }).then(({ LegalHold }) => LegalHold?.Status === "ON")),
  ]);
  return isHeld === true || (until !== undefined && until.getTime() > Date.now() - SKEW_MS);
}

async function orNone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (NO_LOCK.includes(readAnswer(error).status ?? 0)) return undefined;
    throw error;
  }
}

async function ask(client: S3Client, Bucket: string): Promise<boolean> {
  try {
    const { ObjectLockConfiguration } = await client.send(new GetObjectLockConfigurationCommand({ Bucket }), { abortSignal: operationLimit() });
    return ObjectLockConfiguration?.ObjectLockEnabled === "Enabled";
  } catch (error) {
    if (NO_LOCK.includes(readAnswer(error).status ?? 0)) return false;
    throw error;
  }
}
