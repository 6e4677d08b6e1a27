/** Sees to it, before anything else is asked, that the bucket is there. */
import { CreateBucketCommand, HeadBucketCommand, type S3Client } from "@aws-sdk/client-s3";
import { operationLimit } from "./s3-client.ts";
import { readAnswer } from "./s3-faults.ts";

export interface BucketKeeper {
  /** Looks once; after a failure the next caller looks again. */
  ready(): Promise<void>;
  /** Somebody was told that there is no bucket. Where nobody was allowed to look yet the next caller looks again; one that was there is not made anew. */
  missed(): void;
}

export function bucketKeeper(client: S3Client, Bucket: string): BucketKeeper {
  let ready: Promise<void> | undefined;
  let wasSeen = false;
  return {
    ready() {
      ready ??= ensure(client, Bucket).then((isThere) => { wasSeen ||= isThere; }, (error: unknown) => {
        ready = undefined;
        throw error;
      });
      return ready;
    },
    missed() {
      if (!wasSeen) ready = undefined;
    },
  };
}

/**
 * A 403 to the question is no answer: credentials may be for objects only, or not made yet. What isn't allowed will say so itself.
 * @returns whether it is there for certain
 */
async function ensure(client: S3Client, Bucket: string): Promise<boolean> {
  try {
    await client.send(new HeadBucketCommand({ Bucket }), { abortSignal: operationLimit() });
    return true;
  } catch (error) {
    const { status } = readAnswer(error);
    if (status === 403) return false;
    if (status !== 404) throw error;
  }
  try {
    await client.send(new CreateBucketCommand({ Bucket }), { abortSignal: operationLimit() });
  } catch (error) {
    if (!["BucketAlreadyOwnedByYou", "OperationAborted"].includes(readAnswer(error).name)) throw error; // another node was quicker
  }
  return true;
}
