import type { StoreLocation } from "../../config/config.ts";
import type { ObjectStore } from "./object-store.ts";

export function openS3Store(location: Extract<StoreLocation, { kind: "s3" }>): Promise<ObjectStore> {
  throw new Error(`not there yet: ${location.bucket}`);
}
