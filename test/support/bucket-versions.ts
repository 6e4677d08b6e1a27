/** All that a bucket keeps, seen by a client of its own: every version of every object, delete markers, uploads in parts. */
import { CreateBucketCommand, GetObjectCommand, ListObjectVersionsCommand, PutBucketVersioningCommand, S3Client, type ListObjectVersionsCommandOutput } from "@aws-sdk/client-s3";
import type { S3Location } from "../../services/storage/s3-client.ts";
import { freshBucket, type TestS3 } from "./s3.ts";

export interface KeptVersion { key: string; versionId: string; isLatest: boolean; isMarker: boolean }

export interface BucketView {
  client: S3Client;
  bucket: string;
  /** Every version below a prefix, newest first within a key. */
  versions(prefix?: string): Promise<KeptVersion[]>;
  read(version: KeptVersion): Promise<Buffer>;
  close(): void;
}

export function viewBucket({ endpoint, accessKeyId, secretAccessKey }: TestS3, bucket: string): BucketView {
  const client = new S3Client({ region: "us-east-1", endpoint, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey }, requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" });
  return {
    client, bucket,
    async versions(Prefix = "") {
      const found: KeptVersion[] = [];
      for (let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {}; ;) {
        const page: ListObjectVersionsCommandOutput = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix, ...marker }));
        for (const [list, isMarker] of [[page.Versions ?? [], false], [page.DeleteMarkers ?? [], true]] as const) {
          found.push(...list.map(({ Key = "", VersionId = "", IsLatest = false }) => ({ key: Key, versionId: VersionId, isLatest: IsLatest, isMarker })));
        }
        if (page.IsTruncated !== true) return found;
        marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      }
    },
    async read({ key, versionId }) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    close: () => client.destroy(),
  };
}

/** A new bucket that keeps versions; with `locks` one with object lock. */
export async function versionedLocation(s3: TestS3, { locks = false } = {}): Promise<S3Location> {
  const { endpoint, accessKeyId, secretAccessKey } = s3;
  const bucket = freshBucket();
  const { client, close } = viewBucket(s3, bucket);
  await client.send(new CreateBucketCommand({ Bucket: bucket, ...(locks ? { ObjectLockEnabledForBucket: true } : {}) }));
  if (!locks) await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } })); // with locks it does
  close();
  return { bucket, endpoint, credentials: { accessKeyId, secretAccessKey } };
}
