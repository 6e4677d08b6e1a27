/** Looks at the bucket with none of the project's code in between. */
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import type { TestS3 } from "../../test/support/s3.ts";
import { decodeVideo } from "../../test/support/lectures.ts";
import { makeTempDir, removeDir } from "../../test/support/processes.ts";

/** Digests, by `<rendition>/<name>`. */
export type MediaDigests = ReadonlyMap<string, string>;

export interface BucketReader {
  keys(prefix: string): Promise<string[]>;
  /** Of all media objects of a video. @throws Error for one whose boxes do not add up to its length */
  media(videoId: string): Promise<MediaDigests>;
  /** Joins a rendition's init segment and `names` and decodes them. */
  decode(videoId: string, rendition: string, names: readonly string[]): Promise<{ frames: number; complaints: string[] }>;
  /** Keys of multipart uploads that were begun and not finished. */
  unfinished(): Promise<string[]>;
  close(): void;
}

export function openBucketReader({ endpoint, accessKeyId, secretAccessKey }: TestS3, Bucket: string): BucketReader {
  const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
  const get = async (Key: string): Promise<Uint8Array> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  };
  const reader: BucketReader = {
    async keys(prefix) {
      const keys: string[] = [];
      for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
        const { Contents = [], NextContinuationToken } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix, ...(token === undefined ? {} : { ContinuationToken: token }) }));
        keys.push(...Contents.flatMap(({ Key }) => Key ?? []));
        token = NextContinuationToken;
      }
      return keys;
    },
    async media(videoId) {
      const prefix = `videos/${videoId}/media/`;
      const digests = new Map<string, string>();
      for (const key of await reader.keys(prefix)) {
        const bytes = await get(key);
        if (!isWhole(Buffer.from(bytes))) throw new Error(`${key} is short: ${bytes.length} bytes`);
        digests.set(key.slice(prefix.length), createHash("sha256").update(bytes).digest("hex"));
      }
      return digests;
    },
    async decode(videoId, rendition, names) {
      const dir = await makeTempDir("joined");
      try {
        const parts: Uint8Array[] = [];
        for (const name of ["init.mp4", ...names]) parts.push(await get(`videos/${videoId}/media/${rendition}/${name}`));
        await writeFile(join(dir, "joined.mp4"), Buffer.concat(parts));
        return await decodeVideo(join(dir, "joined.mp4"));
      } finally {
        await removeDir(dir);
      }
    },
    async unfinished() {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      return Uploads.flatMap(({ Key }) => Key ?? []);
    },
    close: () => client.destroy(),
  };
  return reader;
}

/** Boxes one after another to the last byte (ISO/IEC 14496-12 4.2). */
function isWhole(bytes: Buffer): boolean {
  let at = 0;
  while (at + 8 <= bytes.length) {
    const size = bytes.readUInt32BE(at);
    if (size < 8) return false;
    at += size;
  }
  return at === bytes.length && at > 0;
}
