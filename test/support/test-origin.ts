/**
 * A real HTTP server on a free port of the loopback that serves files with ranges as a good origin does, or misbehaves
 * where a test asks it to. It counts what is asked of it.
 */
import { once } from "node:events";
import { open, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createHash } from "node:crypto";
import { join, normalize } from "node:path";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";

/** How one path behaves; nothing set: as it should. */
export interface Behaviour {
  /** False: ranges are ignored, the whole file comes with 200. */
  ranges?: boolean;
  /** No Content-Length. */
  chunked?: boolean;
  /** A Content-Length that lies. */
  contentLength?: number;
  /** `false`: none. Default: strong, of the content. */
  etag?: string | false;
  /** `false`: none. */
  lastModified?: string | false;
  contentType?: string;
  /** Where to redirect to: absolute, or relative to this server. */
  redirectTo?: string;
  redirectStatus?: number;
  /** Answer this status, `times` times (default: always), then behave. */
  status?: number;
  times?: number;
  retryAfter?: string;
  /** Send the body at this pace. */
  dripBytesPerSec?: number;
  /** Send nothing more after this fraction of the body, but keep the connection open. */
  stallAt?: number;
  /** Cut the connection after this fraction of the body, `cuts` times (default: always). */
  cutAt?: number;
  cuts?: number;
  /** Send the body gzip-encoded, whatever was asked for. */
  gzip?: boolean;
  /** A 206 may be at most so long. */
  maxRange?: number;
  /** Before the headers. */
  delayMs?: number;
  /** Serves these bytes instead, from the `after`-th request on (counted from 0). */
  change?: { after: number; bytes: Buffer };
  /** Replaces the Content-Range of a 206. */
  contentRange?: string;
}

export interface OriginRequest { path: string; range: string | undefined; headers: IncomingMessage["headers"] }

export interface OriginStats {
  requests: number;
  /** Of bodies, put onto the wire. */
  bytes: number;
  /** Connections ever accepted. */
  connections: number;
  /** Requests being answered at the same time. */
  maxConcurrent: number;
  log: OriginRequest[];
}

export interface TestOrigin {
  /** `http://127.0.0.1:<port>` */
  url: string;
  hostPort: string;
  stats: OriginStats;
  /** From now on `path` (with its slash) behaves so. */
  behave(path: string, behaviour: Behaviour): void;
  /** Serves `bytes` at `path`. */
  put(path: string, bytes: Buffer): void;
  resetStats(): void;
  /** Requests that are being answered. */
  busy(): number;
  /** Remote ports of these. */
  callers(): number[];
  /** Cuts them off. @returns how many there were */
  cutAll(): number;
  stop(): Promise<void>;
}

export interface OriginOptions {
  /** Serves the files of a directory… */
  dir?: string;
  /** …and these, by path with its slash. */
  files?: Record<string, Buffer>;
  behaviours?: Record<string, Behaviour>;
  /** Default: 127.0.0.1. */
  host?: string;
  /** Default: a free one. */
  port?: number;
}

interface Content { size: number; etag: string; read(start: number, end: number): AsyncIterable<Buffer> }

const MODIFIED = "Mon, 02 Nov 2026 08:00:00 GMT";
const PIECE_BYTES = 64 * 1024;

export async function startOrigin({ dir, files = {}, behaviours = {}, host = "127.0.0.1", port = 0 }: OriginOptions = {}): Promise<TestOrigin> {
  const served = new Map(Object.entries(files));
  const behaviour = new Map(Object.entries(behaviours));
  /** Requests, refusals and cuts so far, by path. */
  const counts = new Map<string, { requests: number; statuses: number; cuts: number }>();
  const stats: OriginStats = { requests: 0, bytes: 0, connections: 0, maxConcurrent: 0, log: [] };
  const stopped = new AbortController();
  const answering = new Set<ServerResponse>();

  async function findContent(path: string): Promise<Content | undefined> {
    const bytes = served.get(path);
    if (bytes !== undefined) return contentOf(bytes);
    if (dir === undefined) return undefined;
    const file = join(dir, normalize(decodeURIComponent(path)));
    const found = await stat(file).catch(() => undefined);
    return found?.isFile() ? contentOfFile(file, found.size, found.mtimeMs) : undefined;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://origin").pathname;
    const how = behaviour.get(path) ?? {};
    const count = counts.get(path) ?? { requests: 0, statuses: 0, cuts: 0 };
    counts.set(path, count);
    const serial = count.requests++;
    if (how.delayMs !== undefined) await delay(how.delayMs, undefined, { signal: stopped.signal });
    if (how.redirectTo !== undefined) {
      response.writeHead(how.redirectStatus ?? 302, { location: how.redirectTo }).end();
      return;
    }
    if (how.status !== undefined && count.statuses < (how.times ?? Infinity)) {
      count.statuses += 1;
      response.writeHead(how.status, how.retryAfter === undefined ? {} : { "retry-after": how.retryAfter }).end();
      return;
    }
    const content = how.change !== undefined && serial >= how.change.after ? contentOf(how.change.bytes) : await findContent(path);
    if (content === undefined) response.writeHead(404).end();
    else await serve(request, response, content, how, count);
  }

  async function serve(request: IncomingMessage, response: ServerResponse, content: Content, how: Behaviour, count: { cuts: number }): Promise<void> {
    const etag = how.etag === false ? undefined : (how.etag ?? content.etag);
    const modified = how.lastModified === false ? undefined : (how.lastModified ?? MODIFIED);
    const headers: Record<string, string | number> = {
      "content-type": how.contentType ?? "video/mp4",
      ...(etag === undefined ? {} : { etag }),
      ...(modified === undefined ? {} : { "last-modified": modified }),
      ...(how.ranges === false ? {} : { "accept-ranges": "bytes" }),
    };
    const given = request.headers;
    if (given["if-none-match"] === undefined ? given["if-modified-since"] === modified && modified !== undefined : given["if-none-match"] === etag) {
      response.writeHead(304, headers).end();
      return;
    }
    const ifRange = given["if-range"];
    const wanted = how.ranges === false || (ifRange !== undefined && ifRange !== etag && ifRange !== modified) ? undefined : parseRange(given.range, content.size);
    if (wanted !== undefined && wanted.start >= content.size) {
      response.writeHead(416, { ...headers, "content-range": `bytes */${content.size}` }).end();
      return;
    }
    let [start, end] = [0, content.size];
    if (wanted !== undefined) {
      start = wanted.start;
      end = Math.min(wanted.end, content.size, start + (how.maxRange ?? Infinity));
      headers["content-range"] = how.contentRange ?? `bytes ${start}-${end - 1}/${content.size}`;
    }
    if (how.gzip === true) {
      const pieces: Buffer[] = [];
      for await (const piece of content.read(start, end)) pieces.push(piece);
      const body = gzipSync(Buffer.concat(pieces));
      response.writeHead(wanted === undefined ? 200 : 206, { ...headers, "content-encoding": "gzip", "content-length": body.length }).end(body);
      return;
    }
    if (how.chunked !== true) headers["content-length"] = how.contentLength ?? end - start;
    response.writeHead(wanted === undefined ? 200 : 206, headers);
    if (request.method === "HEAD") response.end();
    else await send(response, content.read(start, end), end - start, how, count);
  }

  async function send(response: ServerResponse, body: AsyncIterable<Buffer>, length: number, how: Behaviour, count: { cuts: number }): Promise<void> {
    const cuts = how.cutAt !== undefined && count.cuts < (how.cuts ?? Infinity);
    const limit = how.stallAt !== undefined ? Math.floor(length * how.stallAt) : cuts ? Math.floor(length * (how.cutAt ?? 1)) : Infinity;
    if (cuts) count.cuts += 1;
    let sent = 0;
    for await (const piece of body) {
      const part = piece.subarray(0, Math.max(0, limit - sent));
      sent += part.length;
      stats.bytes += part.length;
      if (response.destroyed) return;
      if (how.dripBytesPerSec !== undefined) {
        // A tenth of a second's worth at a time.
        const step = Math.max(1, Math.floor(how.dripBytesPerSec / 10));
        for (let at = 0; at < part.length && !response.destroyed; at += step) {
          response.write(part.subarray(at, at + step));
          await delay(100, undefined, { signal: stopped.signal });
        }
      } else if (part.length > 0 && !response.write(part)) await drained(response);
      if (sent >= limit) break;
    }
    if (how.stallAt !== undefined) {
      response.write("");
      await once(response, "close");
    } else if (cuts) response.socket?.destroy();
    else response.end();
  }

  const server = createServer((request, response) => {
    stats.requests += 1;
    stats.log.push({ path: request.url ?? "/", range: request.headers.range, headers: request.headers });
    answering.add(response);
    stats.maxConcurrent = Math.max(stats.maxConcurrent, answering.size);
    response.on("close", () => { answering.delete(response); });
    answer(request, response).catch(() => response.destroy()); // a test sees it as a cut connection
  });
  server.on("connection", () => { stats.connections += 1; });
  server.listen(port, host);
  await once(server, "listening");
  const hostPort = `${host}:${(server.address() as AddressInfo).port}`;

  return {
    url: `http://${hostPort}`,
    hostPort,
    stats,
    behave(path, next) {
      behaviour.set(path, next);
      counts.delete(path);
    },
    put: (path, bytes) => void served.set(path, bytes),
    resetStats: () => void Object.assign(stats, { requests: 0, bytes: 0, connections: 0, maxConcurrent: 0, log: [] }),
    busy: () => answering.size,
    callers: () => [...answering].flatMap(({ socket }) => socket?.remotePort ?? []),
    cutAll() {
      const cut = [...answering];
      for (const { socket } of cut) socket?.destroy();
      return cut.length;
    },
    async stop() {
      stopped.abort();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Resolves when more can be written, or never will be. */
async function drained(response: ServerResponse): Promise<void> {
  const settled = new AbortController();
  await Promise.race(["drain", "close"].map((event) => once(response, event, { signal: settled.signal })));
  settled.abort(); // takes the other listener off
}

function parseRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null) return undefined;
  const [first, last] = [match[1] ?? "", match[2] ?? ""];
  if (first === "") return { start: Math.max(0, size - Number(last)), end: size };
  return { start: Number(first), end: last === "" ? size : Number(last) + 1 };
}

function contentOf(bytes: Buffer): Content {
  return {
    size: bytes.length,
    etag: `"${createHash("sha256").update(bytes.subarray(0, 4096)).update(bytes.subarray(-4096)).digest("hex").slice(0, 16)}-${bytes.length}"`,
    async *read(start, end) {
      for (let at = start; at < end; at += PIECE_BYTES) yield bytes.subarray(at, Math.min(end, at + PIECE_BYTES));
    },
  };
}

function contentOfFile(file: string, size: number, mtimeMs: number): Content {
  return {
    size,
    etag: `"${Math.floor(mtimeMs)}-${size}"`,
    async *read(start, end) {
      const handle = await open(file);
      try {
        for (let at = start; at < end; ) {
          const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(PIECE_BYTES * 4, end - at)), 0, undefined, at);
          if (bytesRead === 0) return;
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await handle.close();
      }
    },
  };
}
