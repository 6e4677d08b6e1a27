/** Multipart uploads whose writers died: S3 keeps their parts, unseen and paid for, until someone aborts them. */
import {
  AbortMultipartUploadCommand, ListMultipartUploadsCommand, ListPartsCommand,
  type ListMultipartUploadsCommandOutput, type ListPartsCommandOutput, type MultipartUpload, type S3Client,
} from "@aws-sdk/client-s3";
import { ABANDONED_MS } from "./object-store.ts";
import { operationLimit } from "./s3-client.ts";
import { isUnsupported, readAnswer, unlessDenied } from "./s3-faults.ts";

interface Upload { Bucket: string; Key: string; UploadId: string }

/** Aborts uploads in which nothing has moved for an hour; a slow one that is alive stays. @returns how many */
export async function abortLeftovers(client: S3Client, Bucket: string, now: number): Promise<number> {
  const isAbandoned = (at: Date | undefined): boolean => now - (at?.getTime() ?? 0) >= ABANDONED_MS;
  let aborted = 0;
  for await (const { Key, UploadId, Initiated } of listUploads(client, Bucket)) {
    if (Key === undefined || UploadId === undefined || !isAbandoned(Initiated)) continue;
    const upload = { Bucket, Key, UploadId };
    try {
      if (!isAbandoned(await newestPart(client, upload))) continue;
      await client.send(new AbortMultipartUploadCommand(upload), { abortSignal: operationLimit() });
      aborted++;
    } catch (error) {
      if (readAnswer(error).name !== "NoSuchUpload") throw error; // it was finished or aborted meanwhile
    }
  }
  return aborted;
}

/** Aborts all uploads below a folder, also such as are under way. @throws erasure_incomplete */
export async function abortUploads(client: S3Client, Bucket: string, folder: string): Promise<void> {
  try {
    await unlessDenied("s3:ListBucketMultipartUploads or s3:AbortMultipartUpload", (async () => {
      for await (const { Key, UploadId } of listUploads(client, Bucket, folder)) await abort(client, { Bucket, Key: Key ?? "", UploadId: UploadId ?? "" });
    })());
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
}

async function abort(client: S3Client, upload: Upload): Promise<void> {
  try {
    await client.send(new AbortMultipartUploadCommand(upload), { abortSignal: operationLimit() });
  } catch (error) {
    if (readAnswer(error).name !== "NoSuchUpload") throw error; // it was finished or aborted meanwhile
  }
}

// Not the SDK's paginators: they go by the next marker alone, which servers also give (as 0) where nothing follows.

async function* listUploads(client: S3Client, Bucket: string, Prefix?: string): AsyncGenerator<MultipartUpload> {
  let marker: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (;;) {
    const page: ListMultipartUploadsCommandOutput = await client.send(new ListMultipartUploadsCommand({ Bucket, ...(Prefix === undefined ? {} : { Prefix }), ...marker }), { abortSignal: operationLimit() });
    yield* page.Uploads ?? [];
    if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return;
    marker = { KeyMarker: page.NextKeyMarker, ...(page.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }) };
  }
}

async function newestPart(client: S3Client, upload: Upload): Promise<Date | undefined> {
  let newest: Date | undefined;
  let marker: string | undefined;
  for (;;) {
    const page: ListPartsCommandOutput = await client.send(new ListPartsCommand({ ...upload, ...(marker === undefined ? {} : { PartNumberMarker: marker }) }), { abortSignal: operationLimit() });
    for (const { LastModified } of page.Parts ?? []) if (LastModified !== undefined && (newest === undefined || LastModified > newest)) newest = LastModified;
    if (page.IsTruncated !== true || page.NextPartNumberMarker === undefined) return newest;
    marker = page.NextPartNumberMarker;
  }
}
