/** The object store that the settings name. */
import type { StoreLocation } from "../../config/config.ts";
import { openDirectoryStore } from "./directory-store.ts";
import type { ObjectStore } from "./object-store.ts";
import { openS3Store } from "./s3-store.ts";

export function openObjectStore(location: StoreLocation): Promise<ObjectStore> {
  switch (location.kind) {
    case "file": return openDirectoryStore(location.dir);
    case "s3": return openS3Store(location);
    default: return location satisfies never;
  }
}
