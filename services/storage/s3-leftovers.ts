/** Multipart uploads whose writers died: S3 keeps their parts, unseen and paid for, until someone aborts them. */
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, ListPartsCommand, type ListPartsCommandOutput, type MultipartUpload, type S3Client } from "@aws-sdk/client-s3";
import { ABANDONED_MS } from "./object-store.ts";
import { operationLimit } from "./s3-client.ts";
import { readAnswer } from "./s3-faults.ts";

/** Aborts uploads in which nothing has moved for an hour; a slow one that is alive stays. @returns how many */
export async function abortLeftovers(client: S3Client, Bucket: string, now: number): Promise<number> {
  let aborted = 0;
  for await (const page of listPages(client, Bucket)) {
    for (const { Key, UploadId, Initiated } of page) {
      if (Key === undefined || UploadId === undefined) continue;
      if (now - Math.max(Initiated?.getTime() ?? 0, await lastPartAt(client, { Bucket, Key, UploadId })) < ABANDONED_MS) continue;
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), { abortSignal: operationLimit() }).catch(ignoreGone);
      aborted++;
    }
  }
  return aborted;
}

async function* listPages(client: S3Client, Bucket: string): AsyncGenerator<MultipartUpload[]> {
  let from: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (;;) {
    const page = await client.send(new ListMultipartUploadsCommand({ Bucket, ...from }), { abortSignal: operationLimit() });
    yield page.Uploads ?? [];
    const { NextKeyMarker, NextUploadIdMarker } = page;
    if (page.IsTruncated !== true || NextKeyMarker === undefined) return;
    from = { KeyMarker: NextKeyMarker, ...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }) };
  }
}

/** When the newest part arrived, in ms; 0 when there is none. */
async function lastPartAt(client: S3Client, upload: { Bucket: string; Key: string; UploadId: string }): Promise<number> {
  let last = 0;
  try {
    // Not the SDK's paginator: it goes by the marker, which Ceph also gives with the last page, and so never ends.
    for (let PartNumberMarker: string | undefined; ;) {
      const page: ListPartsCommandOutput = await client.send(new ListPartsCommand({ ...upload, ...(PartNumberMarker === undefined ? {} : { PartNumberMarker }) }), { abortSignal: operationLimit() });
      for (const { LastModified } of page.Parts ?? []) last = Math.max(last, LastModified?.getTime() ?? 0);
      PartNumberMarker = page.NextPartNumberMarker;
      if (page.IsTruncated !== true || PartNumberMarker === undefined) return last;
    }
  } catch (error) {
    ignoreGone(error);
    return last;
  }
}

/** It was finished or aborted meanwhile. */
function ignoreGone(error: unknown): void {
  if (readAnswer(error).name !== "NoSuchUpload") throw error;
}
