/** One object from one store to another. What is there already stays: objects are created once. */
import { Readable } from "node:stream";
import { objectKeys } from "../../../config/object-keys.ts";
import type { ObjectStore } from "../object-store.ts";
import { findRule } from "./replication-rules.ts";

/** Larger ones are sent in pieces. */
const WHOLE_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 8 * 1024 * 1024;

/** `copied`: it is there by this; `there`: it was; `gone`: it is not in `from`, or its video is deleted in `to`. */
export type Copied = "copied" | "there" | "gone";

export async function copyObject(from: ObjectStore, to: ObjectStore, key: string): Promise<Copied> {
  const found = await from.head(key);
  if (found === undefined) return "gone";
  if (found.size > WHOLE_BYTES) {
    if ((await to.head(key)) !== undefined) return "there";
    await to.upload(key, Readable.from(readPieces(from, key, found.size), { objectMode: false }), { maxBytes: found.size });
    return (await takeBackIfDeleted(to, key)) ? "gone" : "copied";
  }
  const bytes = await from.get(key);
  if (bytes === undefined) return "gone";
  return await createCopy(to, key, bytes);
}

/** As `copyObject`, of bytes that are at hand. */
export async function createCopy(to: ObjectStore, key: string, bytes: Uint8Array): Promise<Copied> {
  const { stored } = await to.put(key, bytes, { ifAbsent: true });
  if (await takeBackIfDeleted(to, key)) return "gone";
  return stored ? "copied" : "there";
}

/** A tombstone is older than the removal of its video's objects: what comes after that removal sees it, and is taken back. @returns whether it was */
export async function takeBackIfDeleted(to: Pick<ObjectStore, "head" | "erase">, key: string): Promise<boolean> {
  const videoId = findVideoOf(key);
  if (videoId === undefined || (await to.head(objectKeys.tombstone(videoId))) === undefined) return false;
  await to.erase(key);
  return true;
}

/** Whose part an object is that goes when that is deleted: an object of a video, or its key. */
export function findVideoOf(key: string): string | undefined {
  const keys = objectKeys.unitKeys(objectKeys.allVideos);
  if (key.startsWith(keys)) return key.slice(keys.length).split("/")[0];
  return key.startsWith(objectKeys.allVideos) ? findRule(key)?.videoId : undefined;
}

async function* readPieces(from: ObjectStore, key: string, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; at += PIECE_BYTES) {
    const piece = await from.getRange(key, at, Math.min(at + PIECE_BYTES, size));
    if (piece === undefined) throw new Error(`${key} went away while it was copied`);
    yield piece;
  }
}
