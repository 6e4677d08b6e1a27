/** The Redis that `npm start` runs when none is configured: the queue in it survives a crash of anything. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "./child.ts";
import { waitForAnswer } from "./first-line.ts";

export const REDIS_PORT = 6379;
const HOST = "127.0.0.1";

export function redisUrl(port: number): string {
  return `redis://${HOST}:${port}`;
}

/** Every write is on disk before its answer; no snapshots beside that; nothing is evicted: a queue that forgets is none. */
export function redisArguments(dir: string, port: number): readonly string[] {
  return [
    "--bind", HOST, "--port", String(port), "--dir", dir, "--daemonize", "no", "--logfile", "",
    "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction",
  ];
}

/** Makes its directory below `dataDir`. */
export function prepareRedis(program: string, dataDir: string, port: number): Command {
  const dir = join(dataDir, "redis");
  mkdirSync(dir, { recursive: true });
  return { program, args: redisArguments(dir, port) };
}

/** While it loads its file it answers `-LOADING`. */
export function waitForRedis(port: number, signal: AbortSignal): Promise<void> {
  return waitForAnswer({ host: HOST, port, send: "PING\r\n", isReady: (line) => line === "+PONG" }, signal);
}

/** A way out of the one fault that it can't mend itself: a file damaged in the middle. */
export function explainRedis(lines: readonly string[]): string | undefined {
  const damaged = lines.some((line) => line.includes("Bad file format reading the append only file"));
  return damaged ? "its file is damaged: move the directory `redis` of the data directory away and start again; all in it is rebuilt from the object store" : undefined;
}
