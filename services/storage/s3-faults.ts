/** What an S3 server's refusals mean. */
import { fail, findErrorCode } from "../../config/errors.ts";

interface S3Answer { name: string; status: number | undefined; attempts: number }

/** Errors that say that there is no room, by name: S3's own has none, but other servers' quotas and disks end. */
const FULL = new Set(["InsufficientStorage", "QuotaExceeded", "XMinioStorageFull", "StorageFull"]);
const REFUSED = new Set(["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "ExpiredToken", "InvalidToken", "RequestTimeTooSkewed", "Forbidden"]);

/** The parts of an SDK error that decide; `status` is absent when no answer came. */
export function readAnswer(error: unknown): S3Answer {
  const name = error instanceof Error ? error.name : "";
  const metadata: unknown = error instanceof Error && "$metadata" in error ? error.$metadata : undefined;
  return { name, status: numberOf(metadata, "httpStatusCode"), attempts: numberOf(metadata, "attempts") ?? 1 };
}

export function isNoSuchObject(error: unknown): boolean {
  const { name, status } = readAnswer(error);
  return name === "NoSuchKey" || name === "NotFound" || (status === 404 && name !== "NoSuchBucket");
}

export const isNoSuchBucket = (error: unknown): boolean => readAnswer(error).name === "NoSuchBucket";

/** The server has no such operation. */
export function isUnsupported(error: unknown): boolean {
  const { name, status } = readAnswer(error);
  return status === 501 || status === 405 || name === "NotImplemented" || name === "MethodNotAllowed";
}

/** What keeps an erasure from being whole. */
export function refusedTo(message: string): Error {
  return fail("erasure_incomplete", message);
}

/** @param right that the operation needs, as AWS names it @throws erasure_incomplete when these credentials do not have it */
export async function unlessDenied<T>(right: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    const { name, status } = readAnswer(error);
    if (status === 403 && (name === "AccessDenied" || name === "Forbidden")) throw refusedTo(`The object store does not let this node erase: its credentials lack ${right}.`);
    throw error;
  }
}

/** The error a caller gets. It names neither keys nor addresses. */
export function s3Fault(error: unknown): Error {
  if (findErrorCode(error) !== undefined && error instanceof Error) return error;
  const { name, status } = readAnswer(error);
  if (status === 507 || FULL.has(name)) return fail("storage_full", "The object store is full.");
  if (REFUSED.has(name) || status === 401 || status === 403) return fail("storage_unavailable", `The object store refuses this node's credentials (${name}).`);
  if (name === "CredentialsProviderError") return fail("storage_unavailable", "There are no credentials for the object store: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.");
  if (isNoSuchBucket(error)) return fail("storage_unavailable", "The object store's bucket does not exist.");
  if (status === undefined) return fail("storage_unavailable", `The object store does not answer (${networkCode(error) ?? name}).`);
  return fail("storage_unavailable", `The object store answers ${status} (${name}).`);
}

function networkCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function numberOf(holder: unknown, name: string): number | undefined {
  const value = typeof holder === "object" && holder !== null ? Object.entries(holder).find(([key]) => key === name)?.[1] : undefined;
  return typeof value === "number" ? value : undefined;
}
