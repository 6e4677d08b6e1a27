/** A real S3 server for tests: the one that is named in the environment, else a Ceph of our own. */
import { randomBytes } from "node:crypto";
import { startCeph, type CephS3 } from "./ceph.ts";

export type TestS3 = CephS3;

/** LECTERN_TEST_S3_ENDPOINT takes the place of starting one; its keys are in the usual AWS variables. */
export async function startS3(env: Readonly<Record<string, string | undefined>> = process.env): Promise<TestS3> {
  const endpoint = env["LECTERN_TEST_S3_ENDPOINT"];
  if (endpoint === undefined || endpoint === "") return await startCeph();
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (accessKeyId === undefined || secretAccessKey === undefined) throw new Error("LECTERN_TEST_S3_ENDPOINT needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY beside it.");
  return { endpoint, accessKeyId, secretAccessKey, stop: async () => undefined };
}

/** A bucket name that nobody else has; the store makes the bucket when it is first used. */
export function freshBucket(): string {
  return `lectern-test-${randomBytes(8).toString("hex")}`;
}

/** What a node's environment needs to keep its objects there. */
export function s3Environment({ endpoint, accessKeyId, secretAccessKey }: TestS3, bucket = freshBucket()): Record<string, string> {
  return { LECTERN_STORE: `s3://${bucket}`, LECTERN_S3_ENDPOINT: endpoint, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}
