/**
 * Servers that all test files of a run share. Each starts when it is first asked for and ends with the run. Who shares
 * must not disturb: take a fresh namespace or bucket, and start one's own server to break it.
 */
import { randomBytes } from "node:crypto";
import { after } from "mocha";
import { startNats, type TestServer } from "./nats.ts";
import { startRedis } from "./redis.ts";
import { startS3, type TestS3 } from "./s3.ts";

const started: Promise<{ stop(): Promise<void> }>[] = [];

export const sharedNats: () => Promise<TestServer> = once(() => startNats());
export const sharedRedis: () => Promise<TestServer> = once(() => startRedis());
/** The first call takes about 15 s: give its hook a timeout of a minute or two. */
export const sharedS3: () => Promise<TestS3> = once(() => startS3());

/** A mesh of its own on a shared NATS, and keys of its own in a shared Redis. */
export function freshNamespace(): string {
  return `test-${randomBytes(6).toString("hex")}`;
}

function once<T extends { stop(): Promise<void> }>(start: () => Promise<T>): () => Promise<T> {
  let server: Promise<T> | undefined;
  return () => {
    if (server === undefined) {
      server = start();
      started.push(server);
    }
    return server;
  };
}

// In no `describe`: it runs when all files are done.
after(async function stopShared() {
  this.timeout(30_000);
  for (const server of await Promise.allSettled(started)) if (server.status === "fulfilled") await server.value.stop();
});
