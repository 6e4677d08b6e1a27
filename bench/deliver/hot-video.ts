/** A video of two minutes whose segments have 300 kB each, in the memory of a mesh, and the same bytes as files. */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { postVideo } from "../../bin/add/gateway-client.ts";
import { api } from "../../test/support/api.ts";

export interface HotVideo {
  playlist: string;
  /** Paths of its segments. */
  segments: readonly string[];
  /** Of a segment, on average. */
  bytes: number;
}

/** 600 kbit/s, to the byte in each second. */
const CONSTANT = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "600k", "-minrate", "600k", "-maxrate", "600k", "-bufsize", "300k", "-x264-params", "nal-hrd=cbr", "-g", "50"];

export async function makeSource(path: string, ffmpeg: string): Promise<void> {
  await promisify(execFile)(ffmpeg, ["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25:d=120,noise=alls=20:allf=t", ...CONSTANT, path]);
}

/** @param dir where the files go, below their paths */
export async function heatVideo(base: string, url: string, dir: string): Promise<HotVideo> {
  const { id } = await postVideo({ url: base }, { url, policy: "lazy" });
  const text = await api(base).playlist(id, "source");
  const names = text.split("\n").filter((line) => line.endsWith(".m4s"));
  const playlist = `/play/${id}/source/media.m3u8`;
  const segments = names.map((name) => `/play/${id}/source/${name}`);
  let total = 0;
  for (const path of [playlist, ...segments]) {
    const answer = await fetch(`${base}${path}`);
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}.`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (path !== playlist) total += bytes.length;
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), bytes);
  }
  return { playlist, segments, bytes: total / segments.length };
}
