/** The store that a setting names. */
import type { StoreLocation } from "../../config/config.ts";
import { openDirectoryStore } from "./directory-store.ts";
import type { ObjectStore } from "./object-store.ts";
import { openS3Store } from "./s3-store.ts";

/**
 * @param onNotice is told, once, what the store lacks
 * @throws storage_unavailable when a directory cannot be made; an S3 server is not asked yet
 */
export async function openObjectStore(location: StoreLocation, onNotice?: (message: string) => void): Promise<ObjectStore> {
  return location.kind === "file" ? await openDirectoryStore(location.dir) : openS3Store(location, { onNotice });
}

/** For logs: an endpoint may carry a password. */
export function formatStore(location: StoreLocation): string {
  if (location.kind === "file") return location.dir;
  return `bucket ${location.bucket}${location.endpoint === undefined ? "" : ` at ${new URL(location.endpoint).host}`}`;
}
