/**
 * A server below HTTP, on a free port of the loopback: what it answers is said byte for byte, so that it can break every
 * rule there is. It knows how many connections it has, so that a test can see whether somebody holds on to one.
 */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createSecureServer } from "node:tls";
import { setTimeout as delay } from "node:timers/promises";
import type { KeyPair } from "./certificates.ts";
import { eventually } from "./eventually.ts";

export interface RawRequest {
  path: string;
  head: string;
  /** Bytes, `end` exclusive; all there are where no range was asked for. */
  start: number;
  end: number;
  /** Of this connection, from 0. */
  serial: number;
}

/** Called for each request; what it throws ends the connection. */
export type Answer = (socket: Socket, request: RawRequest) => unknown;

export interface RawOrigin {
  hostPort: string;
  requests: RawRequest[];
  /** Ever accepted. */
  connections: number;
  /** Open connections that something was asked on; the HTTP client may have a spare one. */
  held(): number;
  /** From now on. */
  answer: Answer;
  stop(): Promise<void>;
}

/** Until nothing is asked any more: blocks beside one that failed may be tried again, with pauses of milliseconds. */
export async function untilQuiet(origin: RawOrigin): Promise<void> {
  let [requests, looks] = [-1, 0];
  await eventually(() => {
    looks = origin.held() === 0 && origin.requests.length === requests ? looks + 1 : 0;
    requests = origin.requests.length;
    return looks >= 4;
  });
}

/** @param keys for TLS; without them it is plain */
export async function startRawOrigin(answer: Answer, keys?: KeyPair): Promise<RawOrigin> {
  const sockets = new Set<Socket>();
  const held = new Set<Socket>();

  function serve(socket: Socket): void {
    let [received, serial] = ["", 0];
    socket.on("error", () => socket.destroy()); // the other side may leave as it likes
    socket.on("close", () => held.delete(socket));
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      for (let end = received.indexOf("\r\n\r\n"); end !== -1; end = received.indexOf("\r\n\r\n")) {
        const request = parseRequest(received.slice(0, end), serial++);
        received = received.slice(end + 4);
        origin.requests.push(request);
        if (!socket.destroyed) held.add(socket);
        Promise.resolve(request).then((it) => origin.answer(socket, it)).catch(() => socket.destroy()); // a test sees it as a cut connection
      }
    });
  }

  const accept = (socket: Socket): void => {
    origin.connections += 1;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  };
  const server: Server = keys === undefined ? createServer(serve) : createSecureServer(keys, serve).on("tlsClientError", () => undefined);
  server.on("connection", accept).listen(0, "127.0.0.1");
  await once(server, "listening");

  const origin: RawOrigin = {
    hostPort: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    connections: 0,
    held: () => held.size,
    answer,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return origin;
}

function parseRequest(head: string, serial: number): RawRequest {
  const range = /^range: bytes=(\d+)-(\d+)$/im.exec(head);
  return { path: head.split(" ")[1] ?? "/", head, serial, start: Number(range?.[1] ?? 0), end: range === null ? Infinity : Number(range[2]) + 1 };
}

/** A status line and headers. */
export function head(status: string, ...headers: string[]): string {
  return [status, ...headers, "", ""].join("\r\n");
}

/** The headers of a part as it should be, without its length. */
export function partHeaders(content: Buffer, { start, end }: RawRequest): string[] {
  return ['ETag: "1"', `Content-Range: bytes ${start}-${Math.min(end, content.length) - 1}/${content.length}`];
}

/** As a good origin answers. */
export function part(content: Buffer): Answer {
  return (socket, request) => {
    const bytes = content.subarray(request.start, request.end);
    socket.write(head("HTTP/1.1 206 Partial Content", ...partHeaders(content, request), `Content-Length: ${bytes.length}`));
    socket.write(bytes);
  };
}

/** One chunk of a chunked body. */
export function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

/** Writes `piece` again and again until the other side has had enough. */
export async function forever(socket: Socket, piece: Buffer | string, everyMs = 0): Promise<void> {
  const closed = new AbortController();
  socket.once("close", () => closed.abort());
  while (!socket.destroyed) {
    if (!socket.write(piece)) await once(socket, "drain", { signal: closed.signal });
    await delay(everyMs, undefined, { signal: closed.signal });
  }
}
