/** So many who watch at the same time, each on a connection of their own, at the pace of the video; in another process. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { HotVideo } from "./hot-video.ts";

export interface Audience { base: string; viewers: number; seconds: number; playlist: string; segments: readonly string[] }
/** Milliseconds from the request to its last byte, of each. */
export interface Watched { segmentMs: number[]; playlistMs: number[]; failed: number }

export async function watch(base: string, { playlist, segments }: HotVideo, viewers: number, seconds: number): Promise<Watched> {
  const child = fork(fileURLToPath(new URL("viewers-process.ts", import.meta.url)), { serialization: "advanced" });
  child.send({ base, viewers, seconds, playlist, segments } satisfies Audience);
  const told = once(child, "message");
  const [watched] = await Promise.race([told, once(child, "exit").then(() => { throw new Error("The viewers' process ended."); })]) as [Watched];
  child.kill();
  return watched;
}
