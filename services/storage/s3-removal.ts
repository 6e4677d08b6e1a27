/** Removes objects of a bucket, many in a request. In a bucket that keeps versions that hides them; see s3-erasure.ts for the rest. */
import { DeleteObjectsCommand, type S3Client } from "@aws-sdk/client-s3";
import { fail } from "../../config/errors.ts";
import { operationLimit } from "./s3-client.ts";
import { listBucket } from "./s3-listing.ts";

export interface DoomedObject { Key: string; /** Absent: hides the object, where the bucket keeps versions. */ VersionId?: string }
export interface Refused { Key: string | undefined; VersionId: string | undefined; Code: string | undefined }

/** @param objects at most MAX_PAGE @returns those that the server would not remove */
export async function deleteObjects(client: S3Client, Bucket: string, objects: readonly DoomedObject[]): Promise<Refused[]> {
  if (objects.length === 0) return [];
  const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [...objects], Quiet: true } }), { abortSignal: operationLimit() });
  return Errors.map(({ Key, VersionId, Code }) => ({ Key, VersionId, Code }));
}

/** @param what a folder, or one object's key @returns how many objects */
export async function removeCurrent(client: S3Client, Bucket: string, what: string): Promise<number> {
  for (let removed = 0; ;) {
    const { objects } = await listBucket(client, Bucket, what.endsWith("/") ? { prefix: what } : { prefix: what, limit: 1 });
    const doomed = objects.filter(({ key }) => what.endsWith("/") || key === what);
    if (doomed.length === 0) return removed;
    const [refused] = await deleteObjects(client, Bucket, doomed.map(({ key }) => ({ Key: key })));
    if (refused !== undefined) throw fail("storage_unavailable", `The object store does not remove objects (${refused.Code ?? "no reason given"}).`);
    removed += doomed.length;
  }
}
