/**
 * What is encrypted: everything below a video's or an upload's folder, which is the unit that has a key of its own; and webhooks'
 * parts, each an envelope with its key in it.
 */
import { objectKeys } from "../../../config/object-keys.ts";

const UNIT = /^(videos|uploads)\/[^/]+\//;
/** That an endpoint was deleted has to be said also without a key. */
const ENVELOPED = /^(access\/webhooks\/[^/]+\/)(?!deleted\.json$)./;

/** The unit that an object, or a folder in it, belongs to (`videos/1/`); undefined for what stays plain. */
export function findUnitOf(key: string): string | undefined {
  return UNIT.exec(key)?.[0];
}

/** The folder (`access/webhooks/1/`) of an object that is an envelope; undefined for what is none. */
export function findEnvelopeFolder(key: string): string | undefined {
  return ENVELOPED.exec(key)?.[1];
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
