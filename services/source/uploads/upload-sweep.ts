/** Removes what uploads left behind: those that never finished, and the parts of those that did. */
import type { Logger } from "moleculer";
import { decodeTime, isValid } from "ulid";
import { errorMessage, findErrorCode } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import { UPLOAD_EXPIRY_MS } from "../source.contract.ts";
import { removeLeftovers } from "./resumable-uploads.ts";
import type { UploadStore } from "./stored-uploads.ts";

const SWEEP_EVERY_MS = 3_600_000;
/** An upload without `upload.json` is removed after this long. The hour is for one that is being finished as it expires. */
const ABANDONED_MS = UPLOAD_EXPIRY_MS + 3_600_000;

export interface UploadSweep {
  /** Ends when what runs has ended. */
  stop(): Promise<void>;
}

/** Sweeps at once and every hour. */
export function startUploadSweep(store: UploadStore, logger: Logger): UploadSweep {
  const sweep = async (): Promise<void> => {
    try {
      const removed = await sweepUploads(store, Date.now());
      if (removed > 0) logger.info(`removed ${removed} unfinished uploads`);
    } catch (error) {
      logger.warn(`unfinished uploads stay for now: ${errorMessage(error)}`);
    }
  };
  let sweeping = sweep();
  const timer = setInterval(() => { sweeping = sweep(); }, SWEEP_EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await sweeping;
    },
  };
}

/** @returns how many unfinished uploads were removed */
export async function sweepUploads(store: UploadStore, now: number): Promise<number> {
  const abandoned: string[] = [];
  const leftovers: string[] = [];
  let current: { id: string; finished: boolean; leftovers: boolean } | undefined;
  const close = (): void => {
    if (current?.finished === true && current.leftovers) leftovers.push(current.id);
    if (current?.finished === false && isAbandoned(current.id, now)) abandoned.push(current.id);
  };
  let after: string | undefined;
  do {
    // Keys come in order, so all of one upload's are neighbours.
    const page = await store.list(objectKeys.allUploads, after);
    for (const { key } of page.objects) {
      const id = key.split("/")[1] ?? "";
      if (id !== current?.id) {
        close();
        current = { id, finished: false, leftovers: false };
      }
      if (key === objectKeys.upload(id)) current.finished = true;
      if ([objectKeys.uploadParts(id), objectKeys.uploadComing(id)].some((folder) => key.startsWith(folder))) current.leftovers = true;
    }
    after = page.next;
  } while (after !== undefined);
  close();
  for (const id of leftovers) await removeLeftovers(store, id);
  let failure: unknown;
  for (const id of abandoned) {
    await store.erase(objectKeys.uploadFolder(id)).catch((error: unknown) => {
      if (findErrorCode(error) !== "erasure_incomplete") throw error;
      failure = error; // the others can be
    });
  }
  if (failure !== undefined) throw failure;
  return abandoned.length;
}

/** An upload's id says when it began. */
function isAbandoned(id: string, now: number): boolean {
  const ulidText = id.toUpperCase();
  return isValid(ulidText) && now - decodeTime(ulidText) > ABANDONED_MS;
}
