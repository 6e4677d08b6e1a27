/**
 * Objects in a bucket of S3 or of a server that speaks its protocol. The bucket is Lectern's alone. The server must
 * honour `If-None-Match: *` on PUT, which is what makes a claim a claim; the first probe checks that.
 */
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { CopyObjectCommand, DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { fail, findErrorCode } from "../../config/errors.ts";
import { meterUpload } from "./metered-upload.ts";
import { checkErased, checkFolder, checkKey } from "./object-key.ts";
import { MAX_READ_BYTES, readLength, type ObjectStore } from "./object-store.ts";
import { probeStore } from "./probe-store.ts";
import { bucketKeeper } from "./s3-bucket.ts";
import { openS3Client, operationLimit, untilAnswer, type S3Location } from "./s3-client.ts";
import { bucketEraser } from "./s3-erasure.ts";
import { isNoSuchBucket, isNoSuchObject, readAnswer, s3Fault } from "./s3-faults.ts";
import { abortLeftovers } from "./s3-leftovers.ts";
import { objectLock } from "./s3-lock.ts";
import { listBucket } from "./s3-listing.ts";
import { removeCurrent } from "./s3-removal.ts";
import { sendStream } from "./s3-multipart.ts";
import type { HeadResult } from "./storage.contract.ts";

/** Another writer of the same key is half-way (409): whether it makes it is known soon. */
const CONFLICT_ATTEMPTS = 6;
const CONFLICT_WAIT_MS = 50;
/** The SDK retries what comes before an answer's body. */
const BODY_ATTEMPTS = 3;

export interface S3Options {
  now?: () => number;
  /** Is told, once, what the server lacks. */
  onNotice?: ((message: string) => void) | undefined;
}

/** Asks nothing of the server yet: one that is down shows at the first call, and is used again once it is back. */
export async function openS3Store(location: S3Location, { now = Date.now, onNotice }: S3Options = {}): Promise<ObjectStore> {
  const client = openS3Client(location);
  const Bucket = location.bucket;
  const bucket = bucketKeeper(client, Bucket);
  const lockFields = objectLock(client, Bucket);
  const eraser = bucketEraser(client, Bucket, onNotice);
  let conditional = false;

  /** Turns the SDK's errors into ours; the bucket is seen to before all else, since a stream cannot be read twice. */
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      await bucket.ready();
      return await work();
    } catch (error) {
      if (isNoSuchBucket(error)) bucket.missed();
      throw s3Fault(error);
    }
  }

  /** @returns false when the key is taken */
  async function create(Key: string, Body: Uint8Array, keepUntil: number | undefined): Promise<boolean> {
    const writer = randomUUID();
    const lock = await lockFields(Body, keepUntil);
    for (let attempt = 1; ; attempt++) {
      try {
        await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: Body.byteLength, IfNoneMatch: "*", Metadata: { writer }, ...lock }), { abortSignal: operationLimit(Body.byteLength) });
        return true;
      } catch (error) {
        const { status, attempts } = readAnswer(error);
        // The answer to an attempt that succeeded may be lost; then it is ourselves who took the key.
        if (status === 412) return (attempts > 1 || attempt > 1) && (await headObject(Key))?.writer === writer;
        if (status !== 409 || attempt === CONFLICT_ATTEMPTS) throw error;
        await delay(CONFLICT_WAIT_MS * attempt);
      }
    }
  }

  async function headObject(Key: string): Promise<HeadResult & { writer: string | undefined } | undefined> {
    try {
      const { ContentLength = 0, LastModified, Metadata } = await client.send(new HeadObjectCommand({ Bucket, Key }), { abortSignal: operationLimit() });
      return { size: ContentLength, modifiedAt: LastModified?.getTime() ?? now(), writer: Metadata?.["writer"] };
    } catch (error) {
      if (isNoSuchObject(error)) return undefined;
      throw error;
    }
  }

  /** Servers that know no condition here replace what came in between. @returns false when the key is taken */
  async function copyObject(from: string, Key: string, size: number): Promise<boolean> {
    try {
      const CopySource = `${Bucket}/${from}`.split("/").map(encodeURIComponent).join("/");
      await client.send(new CopyObjectCommand({ Bucket, Key, CopySource, IfNoneMatch: "*" }), { abortSignal: operationLimit(size) });
      return true;
    } catch (error) {
      if ([409, 412].includes(readAnswer(error).status ?? 0)) return false;
      throw error;
    }
  }

  /** `range` as HTTP has it; without, the whole object. */
  async function read(Key: string, range?: string): Promise<Buffer | undefined> {
    for (let attempt = 1; ; attempt++) {
      let answered = false;
      try {
        const { Body, ContentLength } = await untilAnswer((abortSignal) => (
          client.send(new GetObjectCommand({ Bucket, Key, ...(range === undefined ? {} : { Range: range }) }), { abortSignal })
        ));
        answered = true;
        if (ContentLength !== undefined && ContentLength > MAX_READ_BYTES && Body instanceof Readable) Body.destroy();
        readLength(0, ContentLength ?? 0);
        const bytes = (await Body?.transformToByteArray()) ?? Buffer.alloc(0);
        if (bytes.byteLength !== (ContentLength ?? bytes.byteLength)) throw new Error("the body ended early");
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      } catch (error) {
        if (isNoSuchObject(error)) return undefined;
        if (readAnswer(error).status === 416) return Buffer.alloc(0); // it begins past the object's end
        if (!answered || attempt === BODY_ATTEMPTS || findErrorCode(error) !== undefined) throw error;
      }
    }
  }

  const store: ObjectStore = {
    put: (key, bytes, { ifAbsent = false, keepUntil } = {}) => guarded(async () => {
      checkKey(key);
      if (ifAbsent) return { stored: await create(key, bytes, keepUntil) };
      await client.send(new PutObjectCommand({ Bucket, Key: key, Body: bytes, ContentLength: bytes.byteLength, ...(await lockFields(bytes, keepUntil)) }), { abortSignal: operationLimit(bytes.byteLength) });
      return { stored: true };
    }),
    copy: (from, to) => guarded(async () => {
      checkKey(from);
      checkKey(to);
      const [source, there] = await Promise.all([headObject(from), headObject(to)]);
      if (source === undefined) return undefined;
      const { size } = there ?? source;
      return { copied: there === undefined && (await copyObject(from, to, size)), size };
    }),
    get: (key) => guarded(async () => {
      checkKey(key);
      return await read(key);
    }),
    getRange: (key, start, end) => guarded(async () => {
      checkKey(key);
      if (readLength(start, end) > 0) return await read(key, `bytes=${start}-${end - 1}`);
      return (await headObject(key)) === undefined ? undefined : Buffer.alloc(0);
    }),
    head: (key) => guarded(async () => {
      checkKey(key);
      const found = await headObject(key);
      return found === undefined ? undefined : { size: found.size, modifiedAt: found.modifiedAt };
    }),
    list: (params) => guarded(() => listBucket(client, Bucket, params)),
    async upload(key, source, { maxBytes, unhashed = false }) {
      try {
        return await guarded(async () => {
          checkKey(key);
          const metered = meterUpload(source, maxBytes, !unhashed);
          await sendStream(client, { Bucket, Key: key }, metered.chunks, maxBytes);
          return metered.result();
        });
      } catch (error) {
        source.destroy();
        throw error;
      }
    },
    remove: (key) => guarded(async () => {
      checkKey(key);
      await client.send(new DeleteObjectCommand({ Bucket, Key: key }), { abortSignal: operationLimit() });
    }),
    removePrefix: (folder) => guarded(async () => {
      checkFolder(folder);
      return await removeCurrent(client, Bucket, folder);
    }),
    erase: (what) => guarded(async () => {
      checkErased(what);
      return await eraser.erase(what);
    }),
    prune: (folder, { check = false } = {}) => guarded(async () => {
      checkFolder(folder);
      return await eraser.prune(folder, check);
    }),
    async probe() {
      await probeStore(store);
      if (conditional) return;
      const key = `probes/${randomUUID()}`;
      await store.put(key, Buffer.from("first"));
      const { stored } = await store.put(key, Buffer.from("second"), { ifAbsent: true });
      await store.remove(key);
      if (stored) throw fail("storage_unavailable", "The object store ignores If-None-Match on PUT, which Lectern relies on.");
      conditional = true;
    },
    sweep: () => guarded(() => abortLeftovers(client, Bucket, now())),
    async close() {
      client.destroy();
    },
  };
  return store;
}
