/** What a bucket that keeps versions has of its objects: all of them, and delete markers. One that keeps none lists its objects. */
import { GetBucketVersioningCommand, ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, type S3Client } from "@aws-sdk/client-s3";
import { fail } from "../../config/errors.ts";
import { MAX_PAGE } from "./object-store.ts";
import { operationLimit } from "./s3-client.ts";
import { isUnsupported, unlessDenied } from "./s3-faults.ts";

export interface Version { Key: string; VersionId?: string; isLatest: boolean }
export interface VersionPage { versions: Version[]; markers: Version[] }

/** The server has no listing of versions. */
export class NoVersionListing extends Error {}

/**
 * Newest first within a key.
 * @param what a folder, or one object's key
 * @throws NoVersionListing; erasure_incomplete when this node may not list them
 */
export async function* listVersions(client: S3Client, Bucket: string, what: string): AsyncGenerator<VersionPage> {
  const isMeant = ({ Key }: { Key?: string | undefined }): boolean => Key === what || (what.endsWith("/") && Key !== undefined);
  let marker: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (;;) {
    const page = await ask(client, { Bucket, Prefix: what, MaxKeys: MAX_PAGE, ...marker });
    const [versions, markers] = [page.Versions ?? [], page.DeleteMarkers ?? []];
    yield { versions: versions.filter(isMeant).map(parseVersion), markers: markers.filter(isMeant).map(parseVersion) };
    if (page.IsTruncated !== true || ![...versions, ...markers].every(isMeant)) return; // of one key all come before other keys that begin like it
    const { NextKeyMarker, NextVersionIdMarker } = page;
    if (NextKeyMarker === undefined || (NextKeyMarker === marker.KeyMarker && NextVersionIdMarker === marker.VersionIdMarker)) throw fail("storage_unavailable", "The object store's listing of versions does not go on.");
    marker = { KeyMarker: NextKeyMarker, ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }) };
  }
}

/** Whether versions are kept, or were once; false when the server knows nothing of versions. @throws erasure_incomplete when this node may not know */
export async function keepsVersions(client: S3Client, Bucket: string): Promise<boolean> {
  try {
    const { Status } = await unlessDenied("s3:GetBucketVersioning", client.send(new GetBucketVersioningCommand({ Bucket }), { abortSignal: operationLimit() }));
    return Status !== undefined;
  } catch (error) {
    if (isUnsupported(error)) return false;
    throw error;
  }
}

async function ask(client: S3Client, input: { Bucket: string; Prefix: string; MaxKeys: number }): Promise<ListObjectVersionsCommandOutput> {
  try {
    return await unlessDenied("s3:ListBucketVersions", client.send(new ListObjectVersionsCommand(input), { abortSignal: operationLimit() }));
  } catch (error) {
    throw isUnsupported(error) ? new NoVersionListing() : error;
  }
}

function parseVersion({ Key = "", VersionId, IsLatest = true }: { Key?: string | undefined; VersionId?: string | undefined; IsLatest?: boolean | undefined }): Version {
  return { Key, ...(VersionId === undefined ? {} : { VersionId }), isLatest: IsLatest };
}
