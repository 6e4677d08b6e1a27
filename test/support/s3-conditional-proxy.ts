/**
 * An HTTP proxy that has a server honour `If-None-Match: *` on PUT in buckets that keep versions, as AWS does: Ceph 16 does so
 * only in others. All else is the server's own.
 */
import { once } from "node:events";
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";

export interface ConditionalProxy { endpoint: string; stop(): Promise<void> }

/** @param client of the real server, with the rights to look */
export async function startConditionalProxy(target: string, client: S3Client): Promise<ConditionalProxy> {
  const { hostname, port } = new URL(target);
  /** Of one key one such PUT at a time. */
  const turns = new Map<string, Promise<void>>();
  const server = createServer((req, res) => {
    const path = decodeURIComponent((req.url ?? "").split("?")[0] ?? "");
    if (req.method !== "PUT" || req.headers["if-none-match"] === undefined) return void pass(req, res);
    const turn = (turns.get(path) ?? Promise.resolve()).then(() => passIfAbsent(path, req, res));
    turns.set(path, turn);
    void turn.then(() => { if (turns.get(path) === turn) turns.delete(path); });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");

  async function passIfAbsent(path: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [, Bucket = "", ...names] = path.split("/");
    const isThere = await client.send(new HeadObjectCommand({ Bucket, Key: names.join("/") })).then(() => true, () => false);
    if (!isThere) return await pass(req, res);
    await once(req.resume(), "end");
    res.writeHead(412, { "content-type": "application/xml" }).end('<?xml version="1.0"?><Error><Code>PreconditionFailed</Code></Error>');
  }

  /** Resolves when the answer has been passed on, or nobody waits for it any more. */
  async function pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const over = once(res, "close");
    const upstream = forward({ hostname, port, method: req.method, path: req.url, headers: req.rawHeaders }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(res);
    });
    upstream.once("error", () => req.socket.destroy());
    res.once("close", () => upstream.destroy());
    req.pipe(upstream);
    await over;
  }

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
