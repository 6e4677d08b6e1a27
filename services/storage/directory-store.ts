/**
 * Objects as files of a directory, which any number of processes may share. A write goes to a file of its own under
 * `.tmp/`, is synced, and then appears under its name in one step: `rename`, or `link` when it may not replace.
 */
import { randomUUID } from "node:crypto";
import { link, lstat, mkdir, open, readdir, rename, rm, stat, unlink, writeFile, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail } from "../../config/errors.ts";
import { cutParts } from "./cut-parts.ts";
import { directoryFault, isAbsent, systemCode } from "./directory-faults.ts";
import { walkDirectory } from "./directory-listing.ts";
import { durableDirectories } from "./durable-directories.ts";
import { formatPage, pageLimit, type ListItem } from "./listing.ts";
import { meterUpload } from "./metered-upload.ts";
import { checkErased, checkFolder, checkKey, checkPrefix } from "./object-key.ts";
import { ABANDONED_MS, readLength, type ObjectStore } from "./object-store.ts";
import { probeStore } from "./probe-store.ts";
import { NOTHING_ERASED, type ListParams } from "./storage.contract.ts";
import { writeWhole } from "./write-whole.ts";

/** Enough to keep the disk busy, few enough to leave the thread pool to others. */
const STATS_AT_ONCE = 32;
/** Of an upload: each write is a way to the thread pool and back. */
const WRITE_BYTES = 512 * 1024;

/** Makes the directory when it is missing. `now` in ms is compared with the file system's times. */
export async function openDirectoryStore(root: string, now: () => number = Date.now): Promise<ObjectStore> {
  const scratch = join(root, ".tmp");
  const directories = durableDirectories(root);
  await guarded(() => mkdir(scratch, { recursive: true }));

  const pathOf = (key: string): string => {
    checkKey(key);
    return join(root, key);
  };
  const scratchPath = (): string => join(scratch, randomUUID());

  /** Runs `write` on a fresh file and gives that the object's name. */
  async function publish(path: string, ifAbsent: boolean, write: (temp: string) => Promise<void>): Promise<boolean> {
    const temp = scratchPath();
    const dir = dirname(path);
    try {
      await write(temp);
      const name = (): Promise<void> => (ifAbsent ? link(temp, path) : rename(temp, path));
      try {
        await name();
      } catch (error) {
        if (systemCode(error) !== "ENOENT") throw error;
        await directories.make(dir);
        await name(); // fails again when someone removes the folder right now: that is for the caller to retry
      }
      await Promise.all([directories.sync(dir), ifAbsent ? unlink(temp) : undefined]);
      return true;
    } catch (error) {
      await rm(temp, { force: true }).catch(() => undefined); // a disk that doesn't let us: swept later
      if (ifAbsent && systemCode(error) === "EEXIST") return false;
      throw error;
    }
  }

  /** @returns whether there was one */
  async function removeFile(path: string): Promise<boolean> {
    try {
      await unlink(path);
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
    await directories.sync(dirname(path));
    return true;
  }

  async function sizesOf(items: readonly ListItem[]): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for (let at = 0; at < items.length; at += STATS_AT_ONCE) {
      await Promise.all(items.slice(at, at + STATS_AT_ONCE).map(async ({ kind, name }) => {
        const found = kind === "object" ? await absentAsUndefined(stat(join(root, name))) : undefined; // it may be gone by now
        if (found !== undefined) sizes.set(name, found.size);
      }));
    }
    return sizes;
  }

  const store: ObjectStore = {
    put: (key, bytes, { ifAbsent = false } = {}) => guarded(async () => ({
      stored: await publish(pathOf(key), ifAbsent, (temp) => writeFile(temp, bytes, { flag: "wx", flush: true })),
    })),
    /** Two names of one file: what is in it never changes while it has a name. */
    copy: (from, to) => guarded(async () => {
      const [source, target] = [pathOf(from), pathOf(to)];
      const found = await absentAsUndefined(stat(source));
      if (found?.isFile() !== true) return undefined;
      const copied = await absentAsUndefined(publish(target, true, (temp) => link(source, temp))); // it may be gone by now
      if (copied !== false) return copied && { copied, size: found.size };
      return { copied, size: (await stat(target)).size };
    }),
    get: (key) => guarded(() => readObject(pathOf(key), 0, undefined)),
    getRange: (key, start, end) => guarded(() => readObject(pathOf(key), start, end)),
    head: (key) => guarded(async () => {
      const found = await absentAsUndefined(stat(pathOf(key)));
      return found?.isFile() === true ? { size: found.size, modifiedAt: Math.floor(found.mtimeMs) } : undefined;
    }),
    list: (params: ListParams) => guarded(async () => {
      checkPrefix(params.prefix);
      const limit = pageLimit(params.limit);
      const items: ListItem[] = [];
      let more = false;
      for await (const item of walkDirectory(root, params, limit + 1)) {
        more = items.length === limit;
        if (more) break;
        items.push(item);
      }
      return formatPage(items, await sizesOf(items), more);
    }),
    upload: (key, source, { maxBytes, unhashed = false }) => guarded(async () => {
      const path = pathOf(key);
      const metered = meterUpload(source, maxBytes, !unhashed);
      await publish(path, false, async (temp) => {
        const file = await open(temp, "wx");
        try {
          for await (const { pieces } of cutParts(metered.chunks, WRITE_BYTES)) await writeWhole(file, pieces);
          await file.datasync();
        } finally {
          await file.close();
        }
      });
      return metered.result();
    }, () => source.destroy()),
    remove: (key) => guarded(async () => void (await removeFile(pathOf(key)))),
    removePrefix: (folder) => guarded(async () => {
      checkFolder(folder);
      const path = join(root, folder.slice(0, -1));
      const found = await absentAsUndefined(lstat(path));
      if (found?.isDirectory() !== true) return 0;
      const doomed = scratchPath(); // gone for everyone in one step; whatever a crash leaves of it is swept
      if ((await absentAsUndefined(rename(path, doomed).then(() => true))) === undefined) return 0;
      await directories.sync(dirname(path));
      const entries = await readdir(doomed, { recursive: true, withFileTypes: true });
      await rm(doomed, { recursive: true, force: true });
      return entries.filter((entry) => entry.isFile()).length;
    }),
    /** There is one version of a file. */
    erase: (what) => guarded(async () => {
      checkErased(what);
      const objects = what.endsWith("/") ? await store.removePrefix(what) : Number(await removeFile(pathOf(what)));
      return { ...NOTHING_ERASED, objects };
    }),
    prune: (folder) => guarded(async () => {
      checkFolder(folder);
      return NOTHING_ERASED;
    }),
    probe: () => probeStore(store),
    sweep: () => guarded(async () => {
      let removed = 0;
      for (const name of await readdir(scratch)) {
        const path = join(scratch, name);
        const found = await absentAsUndefined(lstat(path));
        if (found === undefined || now() - found.ctimeMs < ABANDONED_MS) continue;
        await rm(path, { recursive: true, force: true });
        removed++;
      }
      return removed;
    }),
    close: async () => undefined,
  };
  return store;
}

/** Turns the file system's errors into ours; `onFailure` cleans up. */
async function guarded<T>(work: () => Promise<T>, onFailure?: () => void): Promise<T> {
  try {
    return await work();
  } catch (error) {
    onFailure?.();
    throw directoryFault(error);
  }
}

async function absentAsUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** @param end undefined: the object's */
async function readObject(path: string, start: number, end: number | undefined): Promise<Buffer | undefined> {
  const file = await absentAsUndefined(open(path, "r"));
  if (file === undefined) return undefined;
  try {
    const found = await file.stat();
    if (!found.isFile()) return undefined; // a folder opens, too
    readLength(start, end ?? found.size); // refuses what is too long
    return await readBytes(file, start, Math.min(end ?? found.size, found.size));
  } finally {
    await file.close();
  }
}

async function readBytes(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const length = Math.max(0, end - start);
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) throw fail("storage_unavailable", "An object of the store has lost its end.");
    filled += bytesRead;
  }
  return bytes;
}
