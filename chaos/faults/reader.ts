/** Compares what is in the bucket, in Redis, on the disks and among the processes with what must be there when all is over. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { redisKeys } from "../../config/redis-keys.ts";
import { findFfmpeg, findLiving } from "../../test/support/ffmpeg-processes.ts";
import { findQueueFaults } from "../storm/reader.ts";
import type { FaultyMesh } from "./faulty-mesh.ts";
import { LECTURE } from "./lecture.ts";
import type { BucketReader, MediaDigests } from "./stored-media.ts";

const QUIET_MS = 45_000;
const LOOK_MS = 200;

export interface Verdict {
  wrong: string[];
  objects: number;
  /** Media objects that are bit for bit those of the undisturbed run. */
  same: number;
}

/**
 * @param undisturbed what the same lecture became when nothing was broken; absent: this is that run
 * @param seen FFmpeg processes that ran meanwhile
 */
export async function judge(mesh: FaultyMesh, bucket: BucketReader, videoId: string, seen: readonly number[], undisturbed?: MediaDigests): Promise<Verdict> {
  const wrong: string[] = [];
  const media = await bucket.media(videoId).catch((error: unknown) => { wrong.push(String(error)); return new Map<string, string>(); });
  const same = [...media].filter(([name, digest]) => undisturbed?.get(name) === digest).length;
  for (const name of undisturbed?.keys() ?? []) if (!media.has(name)) wrong.push(`${name} is missing, which the undisturbed run has`);
  for (const name of media.keys()) if (undisturbed !== undefined && !undisturbed.has(name)) wrong.push(`${name} is there, which the undisturbed run has not`);
  wrong.push(...(await findPlaylistFaults(mesh, bucket, videoId, media)), ...findDoubles(mesh, videoId));
  wrong.push(...(await untilNone(async () => await findLeftovers(mesh, bucket, videoId, seen))));
  return { wrong, objects: media.size, same };
}

/** Every segment that a playlist names has to be stored, and all frames of the lecture in every rendition. */
async function findPlaylistFaults({ lectern }: FaultyMesh, bucket: BucketReader, id: string, media: MediaDigests): Promise<string[]> {
  const wrong: string[] = [];
  const master = await lectern.playlist(id);
  const renditions = [...new Set([...master.matchAll(/([\w-]+)\/media\.m3u8/g)].map(([, name]) => name ?? ""))];
  if (renditions.length === 0) wrong.push("the master playlist names nothing");
  for (const rendition of renditions) {
    const playlist = await lectern.playlist(id, rendition);
    const names = [...playlist.matchAll(/^\d+\.m4s$/gm)].map(([name]) => name);
    if (names.length === 0 || !playlist.includes("#EXT-X-ENDLIST")) wrong.push(`${rendition} has no whole playlist`);
    const missing = ["init.mp4", ...names].filter((name) => !media.has(`${rendition}/${name}`));
    if (missing.length > 0) wrong.push(`${rendition} lacks ${missing.join(", ")}`);
    else if (!rendition.startsWith("audio")) {
      const { frames, complaints } = await bucket.decode(id, rendition, names);
      const wanted = LECTURE.seconds * LECTURE.rate;
      if (frames !== wanted || complaints.length > 0) wrong.push(`${rendition} decodes to ${frames} of ${wanted} frames: ${complaints.slice(0, 3).join("; ")}`);
    }
  }
  return wrong;
}

function findDoubles({ journal }: FaultyMesh, videoId: string): string[] {
  const writers = Map.groupBy(journal.media(videoId), ({ key }) => key);
  return [...writers].filter(([, writes]) => writes.length > 1).map(([key, writes]) => `${key} was stored by ${writes.map(({ by }) => by).join(" and ")}`);
}

async function findLeftovers(mesh: FaultyMesh, bucket: BucketReader, videoId: string, seen: readonly number[]): Promise<string[]> {
  const running = [...new Set([...findFfmpeg(), ...findLiving(seen)])];
  const files = (await Promise.all(mesh.disks.map(async (disk) => (await readdir(disk, { recursive: true })).filter(isTemporary)))).flat();
  const [marks, unfinished] = [await bucket.keys(`open/${videoId}`), await bucket.unfinished()];
  return [
    ...(await findQueueFaults(mesh.redis, redisKeys(mesh.namespace).queuePrefix)),
    ...(running.length > 0 ? [`FFmpeg still runs: ${running.join(", ")}`] : []),
    ...(files.length > 0 ? [`temporary files are left: ${files.slice(0, 3).join(", ")}`] : []),
    ...(marks.length > 0 ? [`the video is still marked as open: ${marks.join(", ")}`] : []),
    ...(unfinished.length > 0 ? [`multipart uploads are left: ${unfinished.join(", ")}`] : []),
  ];
}

/** Of a process that lives: the block cache's `<n>.<pid>.<serial>.tmp` of a dead one go at a later start. */
function isTemporary(name: string): boolean {
  const [, pid] = /\.(\d+)\.\d+\.tmp$/.exec(name) ?? [];
  return pid === undefined ? /\.tmp$|(^|\/)\.tmp\/./.test(name) : existsSync(`/proc/${pid}`);
}

/** What is done twice ends, and finds all done: it may take a moment. */
async function untilNone(look: () => Promise<string[]>): Promise<string[]> {
  for (const until = performance.now() + QUIET_MS; ;) {
    const found = await look();
    if (found.length === 0 || performance.now() > until) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
