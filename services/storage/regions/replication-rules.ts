/** Pure: which objects go to other regions, how urgently, and under which name. What no rule names stays where it is. */
import { objectKeys } from "../../../config/object-keys.ts";

/** 0: what cannot be made again, or says how far a video is; 1: sources that were uploaded; 2: what can be made again. */
export type Urgency = 0 | 1 | 2;

export interface Rule {
  /** What is compared and copied as one: a folder (with a slash at its end) or the object itself. */
  unit: string;
  urgency: Urgency;
  /** `standby`: only to regions that would go on with the video; `media`: as the setting of that name says. */
  reach: "all" | "standby" | "media";
  /** Whether its writer waits until other regions have it. */
  sync: boolean;
  videoId?: string;
}

const VIDEO = /^(videos\/([^/]+)\/)(.+)$/;
const CRITICAL_PARTS = ["record.json", "verdict.json", "plan.json", "outcome.json", "content-key.json", "screening.json", "review.json"];
/** What is only known so far of how it is watched today. */
const SO_FAR = "/so-far/";
/** Nobody may be told of a video that is only in one place, nor of one whose key is. */
const SYNC_PARTS = ["record.json", "content-key.json"];

export function findRule(key: string): Rule | undefined {
  const [, unit, videoId, part] = VIDEO.exec(key) ?? [];
  if (unit !== undefined && videoId !== undefined && part !== undefined) {
    if (part.startsWith("usage/") && part.includes(SO_FAR)) return undefined;
    const critical = CRITICAL_PARTS.includes(part) || part.startsWith("usage/");
    return { unit, videoId, urgency: critical ? 0 : 2, reach: critical ? "all" : "media", sync: SYNC_PARTS.includes(part) };
  }
  const [folder = "", ...names] = key.split("/");
  const last = names.at(-1) ?? "";
  switch (folder) {
    case "deleted":
      return { unit: key, videoId: last.replace(/\.json$/, ""), urgency: 0, reach: "all", sync: true };
    case "claims":
      return { unit: key, urgency: 0, reach: "all", sync: true };
    case "access":
      return { unit: key, urgency: 0, reach: "all", sync: false };
    case "open":
      // A deletion that goes on is each region's own, for others have the tombstone; so is a video that was opened once more.
      return last.includes(".") ? undefined : { unit: key, videoId: last, urgency: 0, reach: "standby", sync: true };
    // A person's word counts everywhere; so does the list that it is on.
    case "reviews":
    case "blocked":
      return { unit: key, urgency: 0, reach: "all", sync: false };
    // How a video was watched is below it; this says that it was.
    case "usage":
      return { unit: key, urgency: 0, reach: "all", sync: false };
    case "adopted":
      return { unit: key, ...(names[1] === undefined ? {} : { videoId: names[1] }), urgency: 0, reach: "all", sync: true };
    case "uploads":
      return isUploadPart(names) ? { unit: `uploads/${names[0]}/`, urgency: 1, reach: "media", sync: false } : undefined;
    default:
      return undefined;
  }
}

/** A resumable upload goes on in the region where it began; only what came of it is copied, and whose videos may need it. */
const isUploadPart = ([id, name, ...more]: readonly string[]): boolean => id !== undefined && (more.length === 0 ? name === "source" || name === "upload.json" : name === "tenants" && more.length === 1);

/** The unit that a removed folder is; undefined: none that others have. */
export function findUnit(folder: string): string | undefined {
  return /^(videos|uploads)\/[^/]+\/$/.test(folder) ? folder : undefined;
}

export function isVideoUnit(unit: string): boolean {
  return unit.startsWith(objectKeys.allVideos) && unit.endsWith("/");
}

export function videoOfUnit(unit: string): string {
  return unit.slice(objectKeys.allVideos.length).replace(/\/$/, "");
}

/** What an object of `region` is called in the others: there a video that is worked on is one to stand by for. */
export function keyElsewhere(key: string, region: string): string {
  return key.startsWith(objectKeys.allOpen) ? objectKeys.standby(region, key.slice(objectKeys.allOpen.length)) : key;
}
