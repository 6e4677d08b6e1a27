/**
 * Objects as files of a directory that any number of processes of a machine may share. An object is written beside the
 * others, synced, and then given its name; so neither a crash nor a reader ever sees half of one.
 */
import { createHash, randomBytes } from "node:crypto";
import { link, mkdir, open, readdir, rename, rm, rmdir, stat, unlink, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail, findErrorCode } from "../../config/errors.ts";
import { checkKey, type ObjectStore } from "./object-store.ts";
import type { ListParams, ListResult } from "./storage.contract.ts";

const TEMPORARY = ".tmp";
const ABANDONED_MS = 3_600_000;
const DEFAULT_LIMIT = 1_000;

export async function openDirectoryStore(root: string): Promise<ObjectStore> {
  const temporary = join(root, TEMPORARY);
  /** Folders that were there once: making them again for each object would cost more than writing it. */
  const folders = new Set<string>();
  await guard(() => mkdir(temporary, { recursive: true }));

  const pathOf = (key: string): string => {
    checkKey(key);
    return join(root, key);
  };

  async function ensureFolder(folder: string): Promise<void> {
    if (folders.has(folder)) return;
    const made = await mkdir(folder, { recursive: true });
    // A new folder's name is in its parent, and must be as durable as what is put into it.
    if (made !== undefined) for (let at = folder; at.length >= made.length; at = dirname(at)) await syncFolder(dirname(at));
    folders.add(folder);
  }

  /** Gives the finished file its name. With `ifAbsent`, false when the name is taken. */
  async function publish(file: string, key: string, ifAbsent: boolean): Promise<boolean> {
    const path = pathOf(key);
    const place = async (): Promise<void> => {
      await ensureFolder(dirname(path));
      if (ifAbsent) await link(file, path);
      else await rename(file, path);
    };
    try {
      await place().catch(async (error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error;
        folders.delete(dirname(path)); // removed with the last object that was in it
        await place();
      });
    } catch (error) {
      if (ifAbsent && codeOf(error) === "EEXIST") return false;
      throw error;
    }
    await syncFolder(dirname(path));
    return true;
  }

  /** Writes a temporary file by `fill`, publishes it, and leaves nothing behind. */
  async function write<T>(key: string, ifAbsent: boolean, fill: (file: FileHandle) => Promise<T>): Promise<{ stored: boolean; filled: T }> {
    const name = join(temporary, `${Date.now()}-${process.pid}-${randomBytes(6).toString("hex")}`);
    const file = await open(name, "wx");
    let placed = false;
    try {
      const filled = await fill(file);
      await file.datasync();
      const stored = await publish(name, key, ifAbsent);
      placed = stored && !ifAbsent;
      return { stored, filled };
    } finally {
      await file.close();
      if (!placed) await unlink(name).catch(ignoreMissing);
    }
  }

  async function readPart(key: string, start: number, end: number): Promise<Buffer | undefined> {
    let file: FileHandle;
    try {
      file = await open(pathOf(key), "r");
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    try {
      const { size } = await file.stat();
      const [from, to] = [Math.min(start, size), Math.min(end, size)];
      const bytes = Buffer.allocUnsafe(Math.max(0, to - from));
      let filled = 0;
      while (filled < bytes.byteLength) {
        const { bytesRead } = await file.read(bytes, filled, bytes.byteLength - filled, from + filled);
        if (bytesRead === 0) throw new Error("an object became shorter while it was read");
        filled += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  }

  const store: ObjectStore = {
    put: (key, bytes, { ifAbsent = false } = {}) => guard(async () => {
      checkKey(key);
      const { stored } = await write(key, ifAbsent, (file) => file.writeFile(bytes));
      return { stored };
    }),
    get: (key) => guard(() => readPart(key, 0, Number.MAX_SAFE_INTEGER)),
    getRange: (key, start, end) => guard(() => readPart(key, start, end)),
    head: (key) => guard(async () => {
      try {
        const found = await stat(pathOf(key));
        return found.isFile() ? { size: found.size } : undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    }),
    list: (params) => guard(() => list(root, params)),
    upload: (key, source, { maxBytes }) => guard(async () => {
      checkKey(key);
      const hash = createHash("sha256");
      const { filled } = await write(key, false, async (file) => {
        let size = 0;
        for await (const chunk of source as AsyncIterable<Buffer>) {
          size += chunk.byteLength;
          if (size > maxBytes) throw fail("source_too_large", `The upload is larger than ${maxBytes} bytes.`, { maxBytes });
          hash.update(chunk);
          await file.writeFile(chunk);
        }
        return size;
      });
      return { size: filled, sha256: hash.digest("hex") };
    }),
    remove: (key) => guard(async () => {
      const path = pathOf(key);
      await unlink(path).catch(ignoreMissing);
      await removeEmptyFolders(root, dirname(path));
    }),
    removePrefix: (prefix) => guard(async () => {
      checkKey(prefix, "prefix");
      let removed = 0;
      for (let after: string | undefined; ;) {
        const page = await list(root, { prefix, ...(after === undefined ? {} : { after }) });
        for (const { key } of page.objects) {
          await unlink(join(root, key)).catch(ignoreMissing);
          await removeEmptyFolders(root, dirname(join(root, key)));
          removed++;
        }
        if (page.next === undefined) return removed;
        after = page.next;
      }
    }),
    probe: () => guard(async () => {
      const name = join(temporary, `probe-${process.pid}-${randomBytes(6).toString("hex")}`);
      const file = await open(name, "wx");
      try {
        await file.writeFile("lectern");
      } finally {
        await file.close();
        await unlink(name).catch(ignoreMissing);
      }
    }),
    sweep: () => guard(async () => {
      for (const name of await readdir(temporary)) {
        const found = await stat(join(temporary, name)).catch(ignoreMissing);
        if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(join(temporary, name), { force: true });
      }
    }),
    close: () => Promise.resolve(),
  };
  return store;
}

/** Keys in byte order, without reading folders that cannot hold any. */
async function list(root: string, { prefix, after = "", limit = DEFAULT_LIMIT, delimiter }: ListParams): Promise<ListResult> {
  checkKey(prefix, "prefix");
  const objects: ListResult["objects"] = [];
  const prefixes: string[] = [];
  let last = "";
  let full = false;

  async function walk(folder: string): Promise<void> {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    const names = entries.filter((entry) => entry.name !== TEMPORARY).map((entry) => ({ name: entry.isDirectory() ? `${entry.name}/` : entry.name, folder: entry.isDirectory() }));
    names.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
    for (const { name, folder: isFolder } of names) {
      const key = folder + name;
      if (full) return;
      if (!key.startsWith(prefix) && !(isFolder && prefix.startsWith(key))) continue;
      if (isFolder) {
        const grouped = delimiter !== undefined && key.length > prefix.length;
        if (before(key, after) && !after.startsWith(key)) continue; // every key in it comes before
        if (grouped && (after === key || after.startsWith(key))) continue;
        if (!grouped) await walk(key);
        else if (!take(key)) return;
        else prefixes.push(key);
        continue;
      }
      if (!before(after, key)) continue;
      const found = await stat(join(root, key)).catch(ignoreMissing);
      if (found === undefined) continue; // removed meanwhile
      if (!take(key)) return;
      objects.push({ key, size: found.size });
    }
  }

  function take(key: string): boolean {
    if (objects.length + prefixes.length >= limit) {
      full = true;
      return false;
    }
    last = key;
    return true;
  }

  await walk(prefix.includes("/") ? prefix.slice(0, prefix.lastIndexOf("/") + 1) : "");
  return { objects, prefixes, ...(full ? { next: last } : {}) };
}

const before = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;

async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  for (let at = folder; at.length > root.length; at = dirname(at)) {
    try {
      await rmdir(at);
    } catch (error) {
      if (["ENOTEMPTY", "ENOENT", "EEXIST"].includes(codeOf(error) ?? "")) return;
      throw error;
    }
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(error) ?? "");

function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

/** The system's errors, as those of the port. */
async function guard<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (findErrorCode(error) !== undefined) throw error;
    const code = codeOf(error);
    if (code === "ENOSPC" || code === "EDQUOT") throw fail("storage_full", "The object store is full.");
    if (code !== undefined && /^E[A-Z]+$/.test(code)) throw fail("storage_unavailable", `The object store's directory does not work (${code}).`);
    throw error;
  }
}
