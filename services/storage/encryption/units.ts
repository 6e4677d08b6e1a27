/** What is encrypted: everything below a video's or an upload's folder, which is the unit that has a key of its own. */
import { objectKeys } from "../../../config/object-keys.ts";

const UNIT = /^(videos|uploads)\/[^/]+\//;

/** The unit that an object, or a folder in it, belongs to (`videos/1/`); undefined for what stays plain. */
export function findUnitOf(key: string): string | undefined {
  return UNIT.exec(key)?.[0];
}

/** Objects that a unit begins with: of one that is there, one of these is. */
export function beginningsOf(unit: string): string[] {
  const id = idOf(unit);
  return isVideo(unit) ? [objectKeys.record(id), objectKeys.contentKey(id)] : [objectKeys.uploadBegun(id), objectKeys.uploadBytes(id), objectKeys.upload(id)];
}

export function isVideo(unit: string): boolean {
  return unit.startsWith(objectKeys.allVideos);
}

export function idOf(unit: string): string {
  return unit.split("/")[1] ?? "";
}
