/** Where objects are kept: `file:<dir>` or `s3://<bucket>`. */
import { resolve } from "node:path";

export type StoreLocation = { kind: "file"; dir: string } | {
  kind: "s3";
  bucket: string;
  /** A server other than AWS. */
  endpoint: string | undefined;
  /** As AWS names its regions; absent: what the usual variables say. */
  awsRegion?: string;
  /** Absent: those of the SDK's chain. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
};

const FORM = /^file:.+|^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
export const STORE_FORM = FORM.source;

export function isStoreText(value: string): boolean {
  return FORM.test(value);
}

/** @param value of the form above */
export function parseStore(value: string, endpoint: string | undefined): StoreLocation {
  return value.startsWith("file:")
    ? { kind: "file", dir: resolve(value.slice("file:".length)) }
    : { kind: "s3", bucket: value.slice("s3://".length), endpoint };
}
