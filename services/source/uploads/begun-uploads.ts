/** What is known of a resumable upload from its beginning on, and whether anybody is still at it. */
import { fail } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import { UPLOAD_EXPIRY_MS, UPLOAD_SILENCE_MS, type UploadMetadata } from "../source.contract.ts";
import type { UploadStore } from "./stored-uploads.ts";
import type { UploadPart } from "./upload-parts.ts";

/** `begun.json`. Written once. */
export interface Begun { size: number; createdAt: string; metadata?: UploadMetadata }

/** A request that began before the upload expired may go on; one that sends nothing is cut after a minute. */
const LAST_REQUEST_MS = 5 * 60_000;

export async function recordBegun(store: UploadStore, uploadId: string, begun: Begun): Promise<void> {
  await store.put(objectKeys.uploadBegun(uploadId), Buffer.from(JSON.stringify(begun)));
}

export async function findBegun(store: UploadStore, uploadId: string): Promise<Begun | undefined> {
  const bytes = await store.get(objectKeys.uploadBegun(uploadId));
  return bytes === null ? undefined : parseBegun(bytes);
}

/** @throws upload_not_found */
export async function getBegun(store: UploadStore, uploadId: string): Promise<Begun> {
  const begun = await findBegun(store, uploadId);
  if (begun === undefined) throw fail("upload_not_found", "There is no such upload.");
  return begun;
}

function parseBegun(bytes: Uint8Array): Begun {
  return JSON.parse(Buffer.from(bytes).toString("utf8")) as Begun;
}

/** Somebody is sending, whether or not anything of it counts yet. */
export async function signUpload(store: UploadStore, uploadId: string): Promise<void> {
  await store.put(objectKeys.uploadSign(uploadId), Buffer.from("x"));
}

export const givenUp = (): Error => fail("upload_incomplete", "The upload was given up before all of it had arrived.");

/**
 * The store's own times decide, so that every node says the same.
 * @param last the last part that is there
 * @throws upload_incomplete when no more of the upload is to be waited for
 */
export async function checkGoesOn(store: UploadStore, uploadId: string, { createdAt }: Begun, last: UploadPart | undefined, now = Date.now()): Promise<void> {
  const keys = [objectKeys.uploadSign(uploadId), last === undefined ? objectKeys.uploadBegun(uploadId) : objectKeys.uploadPart(uploadId, last.offset)];
  const times = (await Promise.all(keys.map((key) => store.findTime(key)))).filter((time) => time !== undefined);
  if (times.length === 0) throw givenUp();
  const silentMs = now - Math.max(...times);
  if (silentMs > UPLOAD_SILENCE_MS) throw fail("upload_incomplete", `The upload is not finished, and nothing more of it has come for ${Math.floor(silentMs / 60_000)} minutes.`);
  if (silentMs > LAST_REQUEST_MS && now - Date.parse(createdAt) > UPLOAD_EXPIRY_MS) throw fail("upload_incomplete", "The upload was not finished within a day.");
}
