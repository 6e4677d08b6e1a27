/** What is known to be blocked: files of hashes that the operator keeps, and what reviewers of a tenant blocked. */
import { readFile, stat } from "node:fs/promises";
import { LRUCache } from "lru-cache";
import { upTo } from "../../config/lru-room.ts";
import { objectKeys } from "../../config/object-keys.ts";
import type { Finding } from "../../media/screening/finding.ts";
import { parseHash } from "../../media/screening/frame-hash.ts";
import { FEW_FRAMES, isSameVideo, matchFrames, type HashedFrame } from "../../media/screening/hash-match.ts";
import type { StorageCalls } from "../../mixins/storage-calls.ts";
import { parseListFile, type HashList } from "./list-file.ts";

/** `blocked/<tenant>/<video>.json`. Hashes of frames that have something to see. */
export interface BlockedVideo { videoId: string; at: string; sha256?: string; print?: string; frames: string[] }

/** What a video is known by. */
export interface KnownBy { sha256: string | undefined; print: string | undefined; frames: readonly HashedFrame[] }

const MAX_FILE_BYTES = 64 * 1024 * 1024;
const KEPT_VIDEOS = 10_000;

export function openBlockLists(storage: Pick<StorageCalls, "get" | "list" | "put" | "remove">) {
  const files = new Map<string, { changed: number; list: HashList }>();
  const videos = new LRUCache<string, BlockedVideo>(upTo(KEPT_VIDEOS));

  async function readList(path: string): Promise<HashList> {
    const { mtimeMs, size } = await stat(path);
    const known = files.get(path);
    if (known?.changed === mtimeMs) return known.list;
    if (size > MAX_FILE_BYTES) throw new Error(`${path} is longer than ${MAX_FILE_BYTES} bytes`);
    const list = parseListFile(await readFile(path, "utf8"), path);
    files.set(path, { changed: mtimeMs, list });
    return list;
  }

  async function* blockedOf(tenant: string): AsyncGenerator<BlockedVideo> {
    for (let after: string | undefined; ;) {
      const page: Awaited<ReturnType<StorageCalls["list"]>> = await storage.list(objectKeys.allBlocked(tenant), after, false);
      for (const { key } of page.objects) {
        const video = videos.get(key) ?? parseBlocked(await storage.get(key));
        if (video === undefined) continue;
        videos.set(key, video);
        yield video;
      }
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  return {
    /** @throws Error for a list that cannot be read: nobody knows then what is on it */
    async find(tenant: string, paths: readonly string[], { sha256, print, frames }: KnownBy): Promise<Finding[]> {
      const findings: Finding[] = [];
      for (const path of paths) {
        const list = await readList(path);
        const whole = [sha256, print].find((hash) => hash !== undefined && list.whole.has(hash));
        if (whole !== undefined) findings.push({ code: "listed_bytes", message: "The file is on a block list.", figures: { hash: whole } });
        const match = matchFrames(frames, list.frames);
        if (match !== undefined) findings.push({ code: "listed_frames", message: `${match.at.length} frames that were looked at are on a block list.`, figures: { frames: match.at.length, distance: match.distance }, frames: match.at });
      }
      for await (const blocked of blockedOf(tenant)) {
        if ((sha256 !== undefined && blocked.sha256 === sha256) || (print !== undefined && blocked.print === print)) findings.push({ code: "listed_bytes", message: "The file has the bytes of a video that was blocked.", figures: { video: blocked.videoId } });
        const match = matchFrames(frames, blocked.frames.flatMap((hash) => parseHash(hash) ?? []));
        if (match === undefined) continue;
        const figures = { video: blocked.videoId, frames: match.at.length, share: Math.round(match.share * 100) / 100, distance: match.distance };
        if (isSameVideo(match)) findings.push({ code: "listed_frames", message: `The video shows what one shows that was blocked: ${match.at.length} frames agree.`, figures, frames: match.at });
        else if (match.at.length >= FEW_FRAMES) findings.push({ code: "similar_frames", message: `${match.at.length} frames agree with a video that was blocked.`, figures, frames: match.at });
      }
      return findings;
    },
    async add(tenant: string, video: BlockedVideo): Promise<void> {
      await storage.put(objectKeys.blocked(tenant, video.videoId), Buffer.from(JSON.stringify(video)), true);
    },
    async remove(tenant: string, videoId: string): Promise<void> {
      const key = objectKeys.blocked(tenant, videoId);
      await storage.remove(key);
      videos.delete(key);
    },
  };
}

export type BlockLists = ReturnType<typeof openBlockLists>;

/** Our own object; undefined when it has just been removed. */
function parseBlocked(bytes: Buffer | null): BlockedVideo | undefined {
  return bytes === null ? undefined : (JSON.parse(bytes.toString("utf8")) as BlockedVideo);
}
