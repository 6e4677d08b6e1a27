/** The SDK's client as this project wants it: nothing waits for ever, and a slow store cannot pile up sockets. */
import { S3Client } from "@aws-sdk/client-s3";

export interface S3Location {
  bucket: string;
  /** A server other than AWS: addressed by path, since its buckets have no host names. */
  endpoint: string | undefined;
  /** As AWS names it; by default what the environment says. */
  awsRegion?: string;
  /** By default those of the SDK's chain: AWS_* variables, its files, the instance's role. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** What AWS itself calls the region of whoever names none; other servers don't mind. */
const DEFAULT_REGION = "us-east-1";
/** The first try and three more, 0.1 to 1 s apart. */
const MAX_ATTEMPTS = 4;
const CONNECT_MS = 2_000;
/** Without a byte in either direction. */
const SILENCE_MS = 5_000;
const MAX_SOCKETS = 64;

export function openS3Client({ endpoint, awsRegion, credentials }: S3Location, env: Readonly<Record<string, string | undefined>> = process.env): S3Client {
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return new S3Client({
    region: awsRegion ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? DEFAULT_REGION,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: MAX_ATTEMPTS,
    // What is sent is signed by its SHA-256; older servers refuse the trailers that further checksums travel in.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    expectContinueHeader: false, // for each request that has it the SDK opens a connection of its own
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS, httpAgent: agent, httpsAgent: agent },
  });
}

const ANSWER_MS = 10_000;
const SLOWEST_BYTES_PER_MS = 512;

/** Ends a whole operation, its retries included; `bytes` are those it sends. Below the 15 s a caller waits, up to 2.5 MB. */
export function operationLimit(bytes = 0): AbortSignal {
  return AbortSignal.timeout(ANSWER_MS + Math.ceil(bytes / SLOWEST_BYTES_PER_MS));
}

/** Limits `send` only until the answer begins: of a body one knows the length then, and that it doesn't fall silent. */
export async function untilAnswer<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), ANSWER_MS);
  try {
    return await send(waiting.signal);
  } finally {
    clearTimeout(timer);
  }
}
