/** Sends a file so that it goes on where it was: after a lost connection by itself, after a Ctrl-C when it is added again. */
import { createReadStream, mkdirSync, readFileSync, rmSync, type ReadStream } from "node:fs";
import { dirname } from "node:path";
import * as tus from "tus-js-client";
import { ApiError, connectionFault, readAnswer } from "./gateway-client.ts";
import { authorization, type Server } from "./find-server.ts";

/** What the package has for Node, and its types leave out. */
interface NodePart {
  Upload: new (file: ReadStream, options: tus.UploadOptions) => tus.Upload;
  FileUrlStorage: new (path: string) => tus.UrlStorage;
}
const { Upload, FileUrlStorage } = tus as unknown as NodePart;

export interface SendOptions {
  /** A file that remembers what was begun. */
  memory: string;
  onProgress(sentBytes: number): void;
  /** It takes longer than a moment; the bytes so far are on their way. */
  onSlow(uploadId: string): void;
}

/** In ms; they begin anew whenever something has been sent. The first leaves the server the time to keep what has come. */
const RETRY_DELAYS = [500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 30_000];
const SLOW_MS = 2_000;

/** @returns the upload's id, when all of it is there. @throws ApiError, NoServerError */
export async function sendFile(server: Server, path: string, { memory, onProgress, onSlow }: SendOptions): Promise<string> {
  const sent = Promise.withResolvers<void>();
  let patience: NodeJS.Timeout | undefined;
  const upload = new Upload(createReadStream(path), {
    endpoint: `${server.url}/v1/uploads/tus`, headers: authorization(server), retryDelays: RETRY_DELAYS, removeFingerprintOnSuccess: true, urlStorage: openMemory(memory),
    onShouldRetry: ({ originalResponse }) => upload.url !== null && (originalResponse === null || isPassing(originalResponse.getStatus())),
    onProgress(bytes) {
      onProgress(bytes);
      patience ??= setTimeout(() => onSlow(idOf(upload)), SLOW_MS);
    },
    onSuccess: () => sent.resolve(),
    onError: (error) => sent.reject(toFault(server, error)),
  });
  try {
    const [last] = (await upload.findPreviousUploads()).toSorted((a, b) => Date.parse(b.creationTime) - Date.parse(a.creationTime));
    if (last !== undefined) upload.resumeFromPreviousUpload(last);
    upload.start();
    await sent.promise;
    return idOf(upload);
  } finally {
    clearTimeout(patience);
  }
}

const idOf = ({ url }: tus.Upload): string => new URL(url ?? "").pathname.split("/").at(-1) ?? "";

/** Answers after which it may go on: the server is in trouble, or another request was faster. */
function isPassing(status: number): boolean {
  return status !== 507 && (status >= 500 || status === 409 || status === 423);
}

/** Half-written, as a Ctrl-C leaves it, it is none. */
function openMemory(path: string): tus.UrlStorage {
  mkdirSync(dirname(path), { recursive: true });
  try {
    JSON.parse(readFileSync(path, "utf8"));
  } catch {
    rmSync(path, { force: true });
  }
  return new FileUrlStorage(path);
}

function toFault(server: Server, error: Error): Error {
  if (!(error instanceof tus.DetailedError)) return error;
  const { originalResponse, causingError } = error;
  if (originalResponse === null) return connectionFault(server.url, causingError) ?? error;
  try {
    readAnswer(originalResponse.getStatus(), originalResponse.getBody());
  } catch (fault) {
    if (fault instanceof ApiError) return fault;
  }
  return error;
}
