/** Videos that are there and cannot be read, because their key or their bytes are lost: one must not take the others with it. */
import type { Logger } from "moleculer";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import type { Catalog } from "./catalog.ts";
import type { VideoStore } from "./video-store.ts";

function isUnreadable(error: unknown): boolean {
  const code = findErrorCode(error);
  return code === "storage_key_unavailable" || code === "storage_damaged";
}

/** For `catch`: such a video counts as none. */
export function passUnreadable(logger: Pick<Logger, "warn">): (error: unknown) => undefined {
  return (error) => {
    if (!isUnreadable(error)) throw error;
    logger.warn(`A video is left out of the list: ${errorMessage(error)}`);
    return undefined;
  };
}

/** Fills an empty catalog from the store. @throws why no video can be read, where there are some: then the keys are away, and not one video's */
export async function listAll(store: Pick<VideoStore, "allIds" | "find">, catalog: Pick<Catalog, "add">, logger: Pick<Logger, "warn">): Promise<void> {
  let listed = 0;
  let failure: unknown;
  for await (const videoId of store.allIds()) {
    const state = await store.find(videoId).catch((error: unknown) => {
      failure ??= error;
      return passUnreadable(logger)(error);
    });
    if (state !== undefined) listed++;
    if (state !== undefined && !state.deleted) await catalog.add(state.record);
  }
  if (listed === 0 && failure !== undefined) throw failure;
}
