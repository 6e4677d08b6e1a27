/**
 * Lossless copies of sources that have no index of their own (MPEG-TS, AVI, FLV, …), kept on this node's disk: whoever
 * reads frames finds them there as in any MP4, exactly and at once. A copy can be made again from its source at any time,
 * and is the same every time.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import type { Logger } from "moleculer";
import type { Config } from "../config/config.ts";
import { errorMessage, fail, findErrorCode } from "../config/errors.ts";
import { remuxArguments, type RemuxAudio } from "../media/ffmpeg/remux-arguments.ts";
import type { OpenSource } from "./demuxer/demuxer.contract.ts";
import type { ReadSource } from "./demuxer/demuxer.ts";
import { bornAt, expireInTime, MAX_AGE } from "./disk-age.ts";
import { openDiskReserve } from "./disk-reserve.ts";
import { execGuest } from "./exec-guest.ts";
import { fitnessOf, ifFit, unfitError } from "./ffmpeg-fitness.ts";
import { guestSettings, openGuest, type GuestSettings } from "./guest.ts";
import { rememberFailure } from "./source-reader.ts";
import { openSourceDoor } from "./source-door.ts";

/** A copy: to be opened under its own key. */
export interface Remux { source: OpenSource; read: ReadSource }

export interface Remuxes {
  /** The copy of `source`, made unless it is there; of many who ask at once one makes it. @throws not_media when none can be made, and what `read` throws */
  open(source: OpenSource, read: ReadSource): Promise<Remux>;
  /** Removes the copy that nobody may have any more: of a source's key, or of all its versions by its name. */
  forget(key: string): void;
  close(): Promise<void>;
}

/** `remuxDir`: where copies are kept, `remuxCacheBytes` of them at most. */
export interface RemuxSettings { remuxDir: string; remuxCacheBytes: number; guest: GuestSettings }

export function remuxSettings(config: Config): RemuxSettings {
  return { remuxDir: join(config.dataDir, "remux"), remuxCacheBytes: config.sourceCacheBytes, guest: guestSettings(config) };
}

const shared = new Map<string, { remuxes: Promise<Remuxes>; users: number }>();

/** The copies of a directory, shared by the services of a node. Who opens closes. */
export async function openRemuxes(settings: RemuxSettings, logger: Logger): Promise<Remuxes> {
  const entry = shared.get(settings.remuxDir) ?? { remuxes: openDirectory(settings, logger, () => release(settings.remuxDir)), users: 0 };
  shared.set(settings.remuxDir, entry);
  entry.users++;
  return await entry.remuxes;
}

/** Whether that was the last user. */
function release(dir: string): boolean {
  const entry = shared.get(dir);
  if (entry === undefined || --entry.users > 0) return false;
  return shared.delete(dir);
}

const TIMEOUT_MS = 50_000;
/** Copying is a matter of disk and network; more at once would only share them. */
const AT_ONCE = 2;
/** Boxes, an index, sound that is kept lossless. */
const GROWTH = 3;
const ROOM_BYTES = 64 * 1024 * 1024;
/** `<source>.<version>.mov`. */
const COPY = /^[0-9a-f]{32}\.[0-9a-f]{32}\.mov$/;
/** In this order, until one succeeds. */
const WAYS: readonly RemuxAudio[] = ["copy", "alac", "none"];

async function openDirectory({ remuxDir: dir, remuxCacheBytes: maxBytes, guest: settings }: RemuxSettings, logger: Logger, releaseOne: () => boolean): Promise<Remuxes> {
  await mkdir(dir, { recursive: true });
  const guest = await openGuest(settings, logger);
  const door = await openSourceDoor(logger);
  const controller = new AbortController();
  const flights = new Map<string, Promise<number>>();
  const waiting: (() => void)[] = [];
  let running = 0;
  const remove = (name: string): void => { rm(join(dir, name), { force: true }).catch((error: unknown) => logger.debug(`A copy could not be removed: ${errorMessage(error)}`)); };
  /** Sizes of the copies that are there. */
  const kept = new LRUCache<string, number>({ ...MAX_AGE, maxSize: maxBytes, sizeCalculation: (size) => Math.max(1, size), dispose: (_size, name, reason) => { if (reason === "evict" || reason === "expire") remove(name); } });
  await takeOver();
  const endExpiry = expireInTime(kept);
  const reserve = openDiskReserve(dir, kept, logger);

  /** What an earlier run left: whole copies are kept, others removed. */
  async function takeOver(): Promise<void> {
    for (const name of await readdir(dir)) {
      if (COPY.test(name)) await keepFound(name);
      else if (!isAlive(Number(/^making-(\d+)-/.exec(name)?.[1]))) remove(name);
    }
  }

  async function keepFound(name: string): Promise<void> {
    const { size, mtimeMs } = await stat(join(dir, name));
    kept.set(name, size, bornAt(mtimeMs));
  }

  async function make(name: string, size: number, read: ReadSource): Promise<number> {
    if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
      return await copy(name, size, read);
    } finally {
      running--;
      waiting.shift()?.();
    }
  }

  async function copy(name: string, size: number, read: ReadSource): Promise<number> {
    const source = rememberFailure(read);
    const working = join(dir, `making-${process.pid}-${randomUUID()}.mov`);
    const failures: string[] = [];
    for (const audio of WAYS) {
      const file = door.open({ size, read: source.read });
      try {
        const most = size * GROWTH + ROOM_BYTES;
        await writeFile(working, ""); // FFmpeg may fill this file, and create none
        const start = guest.start("ffmpeg", file.url, { writes: { path: working, maxBytes: most + ROOM_BYTES } });
        const args = [...start, ...guest.guard(file.url), ...remuxArguments(file.url, working, audio, most)];
        await ifFit(fitnessOf(guest), controller.signal, (signal) => runFfmpeg(args, signal), () => false);
        const { size: written } = await stat(working);
        if (written >= most) throw new Error("the copy would be much larger than the source");
        await rename(working, join(dir, name));
        kept.set(name, written);
        return written;
      } catch (error) {
        failures.push(errorMessage(error));
        await rm(working, { force: true });
        if (source.failure() !== undefined) throw source.failure(); // what FFmpeg says of it is only what came of that
        if (controller.signal.aborted || findErrorCode(error) === "not_ready") break;
      } finally {
        file.close();
      }
    }
    if (!controller.signal.aborted && (await fitnessOf(guest).examine()) !== undefined) throw unfitError();
    throw fail("not_media", "The source could not be copied into a container with an index.", { failures: failures.map((line) => line.slice(0, 200)) });
  }

  async function readCopy(name: string, start: number, end: number): Promise<Uint8Array> {
    const file = await open(join(dir, name));
    try {
      const bytes = Buffer.allocUnsafe(end - start);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  return {
    async open(source, read) {
      const name = copyName(source.key);
      const ensure = async (): Promise<number> => {
        const known = kept.get(name);
        if (known !== undefined) return known;
        const underWay = flights.get(name) ?? make(name, source.size, read).finally(() => flights.delete(name));
        flights.set(name, underWay);
        return await underWay;
      };
      const size = await ensure();
      return {
        source: { key: `remux:${source.key}`, size },
        read: async (start, end) => {
          try {
            return await readCopy(name, start, end);
          } catch (error) {
            if (!isMissing(error)) throw error;
            kept.delete(name); // it had to make room meanwhile
            await ensure();
            return await readCopy(name, start, end);
          }
        },
      };
    },
    forget(key) {
      const name = copyName(key);
      for (const one of kept.keys()) if (one.startsWith(name) && kept.delete(one)) remove(one);
    },
    async close(): Promise<void> {
      if (!releaseOne()) return;
      reserve.close();
      endExpiry();
      controller.abort();
      await Promise.allSettled(flights.values());
      await door.close();
    },
  };
}

/** @param key of a source, or its name alone: then what its copies' names begin with */
function copyName(key: string): string {
  const [source = "", version] = key.split(" ", 2);
  return version === undefined ? `${digest(source)}.` : `${digest(source)}.${digest(key)}.mov`;
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

/** Whether the process that began a copy can still finish it: other nodes may share the directory. */
function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

async function runFfmpeg(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { stderr, fault } = await execGuest(args, { timeoutMs: TIMEOUT_MS, signal });
  if (fault !== undefined) throw new Error(fault === "too_long" ? "copying took too long" : lastLine(stderr) ?? `copying ${fault}`);
}

/** Of what FFmpeg complained about; progress (`key=value`) is none. */
function lastLine(stderr: string): string | undefined {
  return stderr.split("\n").findLast((line) => line.trim() !== "" && !/^\w+=/.test(line));
}
