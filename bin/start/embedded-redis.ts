/** The Redis that `npm start` runs when none is configured: the queue in it survives a crash of anything. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { REDIS_USER } from "../../config/redis-access.ts";
import type { Command } from "./child.ts";
import { waitForAnswer } from "./first-line.ts";
import { writeSecretFile } from "./secret-file.ts";

export const REDIS_PORT = 6379;
const HOST = "127.0.0.1";

/** @param password undefined: for people's eyes */
export function redisUrl(port: number, password?: string): string {
  return `redis://${password === undefined ? "" : `${REDIS_USER}:${encodeURIComponent(password)}@`}${HOST}:${port}`;
}

/** Every write is on disk before its answer; no snapshots beside that; nothing is evicted: a queue that forgets is none. */
export function redisArguments(dir: string, port: number): readonly string[] {
  return [
    "--bind", HOST, "--port", String(port), "--dir", dir, "--daemonize", "no", "--logfile", "",
    "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction",
  ];
}

/**
 * Makes its directory and its user below `dataDir`. The password is no argument: those are for everybody to see. Who knows it
 * is the user of this machine who also owns its files, and may do everything.
 */
export function prepareRedis(program: string, dataDir: string, port: number, password: string): Command {
  const [dir, users] = [join(dataDir, "redis"), join(dataDir, "redis.conf")];
  mkdirSync(dir, { recursive: true });
  writeSecretFile(users, `user default reset off\nuser ${REDIS_USER} reset on #${createHash("sha256").update(password).digest("hex")} ~* &* +@all\n`);
  return { program, args: [users, ...redisArguments(dir, port)] };
}

/** While it loads its file it answers `-LOADING`. */
export function waitForRedis(port: number, password: string, signal: AbortSignal): Promise<void> {
  return waitForAnswer({ host: HOST, port, send: `AUTH ${REDIS_USER} ${password}\r\nPING\r\n`, line: 2, isReady: (line) => line === "+PONG" }, signal);
}

/** What Redis 7 says as it ends since a command, the snapshot before them, the list of files or one of these is damaged or missing. */
const DAMAGED = [
  "Bad file format reading the append only file", "Unrecoverable error reading the append only file", "Internal error in RDB", "FATAL AOF MANIFEST FILE ERROR", "Unable to obtain the AOF file",
];

/** A way out of the one fault that it can't mend itself: files damaged elsewhere than at their end. */
export function explainRedis(lines: readonly string[]): string | undefined {
  const damaged = lines.some((line) => DAMAGED.some((words) => line.includes(words)));
  return damaged ? "its file is damaged: move the directory `redis` of the data directory away and start again; all in it is rebuilt from the object store" : undefined;
}
