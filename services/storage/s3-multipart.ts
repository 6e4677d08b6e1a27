/**
 * Sends a stream of unknown length to S3: short ones by one put, longer ones in parts. Our own loop and not the SDK's
 * `Upload`, which after a part has failed still reads and sends all the rest of the source.
 */
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, HeadObjectCommand, PutObjectCommand, UploadPartCommand,
  type CompletedPart, type S3Client,
} from "@aws-sdk/client-s3";
import { cutParts, type Part } from "./cut-parts.ts";
import { operationLimit } from "./s3-client.ts";
import { readAnswer } from "./s3-faults.ts";

const MiB = 1024 * 1024;
const MIN_PART_BYTES = 8 * MiB;
/** S3's limit. */
const MAX_PARTS = 10_000;
/** Parts in memory: these and the one that fills. They share the way to the server, and so its time. */
const PARTS_AT_ONCE = 3;

interface Target { Bucket: string; Key: string }

/** The object appears when all of `chunks` has arrived; when that fails, nothing of it stays. `maxBytes` sizes the parts. */
export async function sendStream(client: S3Client, target: Target, chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<void> {
  const parts = cutParts(chunks, Math.max(MIN_PART_BYTES, Math.ceil(maxBytes / MAX_PARTS)));
  const first = await parts.next();
  if (first.done === true || first.value.last) {
    const body = first.done === true ? Buffer.alloc(0) : whole(first.value);
    await client.send(new PutObjectCommand({ ...target, Body: body, ContentLength: body.length }), { abortSignal: operationLimit(body.length) });
    return;
  }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: "CRC32" }), { abortSignal: operationLimit() });
  const upload = { ...target, UploadId };
  try {
    const { completed, size } = await sendParts(client, upload, whole(first.value), parts);
    await complete(client, upload, completed, size);
  } catch (error) {
    await parts.return(undefined); // lets go of the source
    await client.send(new AbortMultipartUploadCommand(upload), { abortSignal: operationLimit() }).catch(() => undefined); // else the sweep does it
    throw error;
  }
}

async function sendParts(client: S3Client, upload: Target & { UploadId: string | undefined }, first: Buffer, rest: AsyncIterable<Part>) {
  const completed: CompletedPart[] = [];
  const sending = new Set<Promise<void>>();
  const failure: { error?: unknown } = {};
  let size = 0;
  const send = async (PartNumber: number, body: Buffer): Promise<void> => {
    const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body: body, ContentLength: body.length }), { abortSignal: operationLimit(body.length * PARTS_AT_ONCE) });
    completed.push({ PartNumber, ETag, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) });
  };
  const start = async (number: number, body: Buffer): Promise<void> => {
    size += body.length;
    const task = send(number, body)
      .catch((error: unknown) => { failure.error ??= error; })
      .finally(() => sending.delete(task));
    sending.add(task);
    if (sending.size >= PARTS_AT_ONCE) await Promise.race(sending);
    if (failure.error !== undefined) throw failure.error;
  };
  try {
    let number = 1;
    await start(number, first);
    for await (const part of rest) await start(++number, whole(part));
  } finally {
    await Promise.all(sending); // a part that arrives after the abort would stay for ever
  }
  if (failure.error !== undefined) throw failure.error;
  completed.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
  return { completed, size };
}

async function complete(client: S3Client, upload: Target & { UploadId: string | undefined }, Parts: CompletedPart[], size: number): Promise<void> {
  try {
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }), { abortSignal: operationLimit(size) });
  } catch (error) {
    // A repeated request whose first answer was lost finds no upload, but its object.
    if (readAnswer(error).name !== "NoSuchUpload") throw error;
    const { Bucket, Key } = upload;
    const found = await client.send(new HeadObjectCommand({ Bucket, Key }), { abortSignal: operationLimit() });
    if (found.ContentLength !== size) throw error;
  }
}

/** What came in one piece is not copied. */
function whole({ pieces: [only, ...more] }: Part): Buffer {
  return only !== undefined && more.length === 0 ? only : Buffer.concat(only === undefined ? [] : [only, ...more]);
}
