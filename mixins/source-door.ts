/**
 * Where FFmpeg and ffprobe read a source: an HTTP server on this node's loopback that answers ranges, at paths nobody
 * can guess. Behind it is the `source` service; FFmpeg itself never opens a stranger's address.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Logger } from "moleculer";
import { errorMessage } from "../config/errors.ts";
import { rememberFailure } from "./source-reader.ts";

export interface DoorSource { size: number; read(start: number, end: number): Promise<Uint8Array> }
export interface OpenDoor {
  url: string;
  /** What the first read that failed threw: whoever read then may have taken that for the end of the file. */
  failure(): unknown;
  close(): void;
}

/** Lets `work` read through the door, and closes it. @throws what a read threw meanwhile, however `work` ended */
export async function throughDoor<T>({ url, failure, close }: OpenDoor, work: (url: string) => Promise<T>): Promise<T> {
  try {
    const result = await work(url);
    if (failure() !== undefined) throw failure();
    return result;
  } catch (error) {
    throw failure() ?? error; // what came of it is of no interest
  } finally {
    close();
  }
}

/** Bytes asked of `source` at a time: enough to keep FFmpeg busy, little enough to waste on a seek. */
const STRIDE_BYTES = 512 * 1024;

/** Blocks are small and cached: a read that ends at a multiple of the stride keeps the ones after it on block boundaries. */
async function* readStrides(source: DoorSource, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const until = Math.min(end, (Math.floor(at / STRIDE_BYTES) + 1) * STRIDE_BYTES);
    const bytes = await source.read(at, until);
    if (bytes.byteLength !== until - at) throw new Error("the source gave fewer bytes than it has");
    yield bytes;
    at = until;
  }
}

export async function openSourceDoor(logger: Logger) {
  const sources = new Map<string, DoorSource>();
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      logger.debug(`A read through the source door ended early: ${errorMessage(error)}`);
      response.destroy();
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const source = sources.get((request.url ?? "").slice(1));
    if (source === undefined || request.method !== "GET") {
      response.writeHead(404).end();
      return;
    }
    const range = parseRange(request.headers.range, source.size);
    if (range === undefined) {
      response.writeHead(416, { "Content-Range": `bytes */${source.size}` }).end();
      return;
    }
    const { start, end, partial } = range;
    response.writeHead(partial ? 206 : 200, {
      "Content-Length": end - start, "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream",
      ...(partial ? { "Content-Range": `bytes ${start}-${end - 1}/${source.size}` } : {}),
    });
    await pipeline(Readable.from(readStrides(source, start, end), { objectMode: false, highWaterMark: STRIDE_BYTES }), response);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    /** Lets the holder of the URL read the source until `close`. */
    open(source: DoorSource): OpenDoor {
      const token = randomBytes(24).toString("base64url");
      const { read, failure } = rememberFailure(source.read);
      sources.set(token, { size: source.size, read });
      return { url: `http://127.0.0.1:${port}/${token}`, failure, close: () => { sources.delete(token); } };
    },
    async close(): Promise<void> {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export type SourceDoor = Awaited<ReturnType<typeof openSourceDoor>>;

function parseRange(header: string | undefined, size: number): { start: number; end: number; partial: boolean } | undefined {
  if (header === undefined) return { start: 0, end: size, partial: false };
  const match = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header);
  if (match?.[1] === undefined) return undefined;
  const start = Number(match[1]);
  const end = match[2] === undefined || match[2] === "" ? size : Math.min(Number(match[2]) + 1, size);
  return start < end ? { start, end, partial: true } : undefined;
}
