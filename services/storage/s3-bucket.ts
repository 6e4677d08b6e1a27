/** Sees to it, before anything else is asked, that the bucket is there. */
import { CreateBucketCommand, HeadBucketCommand, type S3Client } from "@aws-sdk/client-s3";
import { operationLimit } from "./s3-client.ts";
import { readAnswer } from "./s3-faults.ts";

/** Looks once; after a failure the next caller looks again. */
export function bucketKeeper(client: S3Client, Bucket: string): () => Promise<void> {
  let ready: Promise<void> | undefined;
  return () => {
    ready ??= ensure(client, Bucket).catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
    return ready;
  };
}

/** A 403 to the question is no answer: credentials may be for objects only. What isn't allowed will say so itself. */
async function ensure(client: S3Client, Bucket: string): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket }), { abortSignal: operationLimit() });
    return;
  } catch (error) {
    const { status } = readAnswer(error);
    if (status === 403) return;
    if (status !== 404) throw error;
  }
  try {
    await client.send(new CreateBucketCommand({ Bucket }), { abortSignal: operationLimit() });
  } catch (error) {
    if (!["BucketAlreadyOwnedByYou", "OperationAborted"].includes(readAnswer(error).name)) throw error; // another node was quicker
  }
}
