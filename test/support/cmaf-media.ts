/** Runs FFmpeg for the tests of CMAF, and reads what it says about a file. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const FRAGMENTED = ["-f", "mp4", "-movflags", "+frag_keyframe+empty_moov+default_base_moof+frag_discont", "-avoid_negative_ts", "disabled", "-muxdelay", "0"];

export interface Run { stdout: Buffer; stderr: string }

export async function run(command: "ffmpeg" | "ffprobe", args: readonly string[]): Promise<Run> {
  const child = spawn(command, ["-v", "warning", "-threads", "1", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => { child.on("error", reject).on("close", resolve); });
  const said = Buffer.concat(stderr).toString();
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: exit ${code}\n${said}`);
  return { stdout: Buffer.concat(stdout), stderr: said };
}

/** Presentation and decode times, durations and key flags of a file's only track, as ffprobe sees them. */
export interface ProbedPacket { pts: number; dts: number; duration: number; isKey: boolean }
export async function probePackets(file: string): Promise<ProbedPacket[]> {
  const { stdout } = await run("ffprobe", ["-show_packets", "-show_entries", "packet=pts,dts,duration,flags", "-of", "json", file]);
  const { packets } = JSON.parse(stdout.toString()) as { packets: { pts: number; dts: number; duration: number; flags: string }[] };
  return packets.map(({ pts, dts, duration, flags }) => ({ pts, dts, duration, isKey: flags.includes("K") }));
}

export async function decode(file: string): Promise<Run> {
  return run("ffmpeg", ["-i", file, "-f", "null", "-"]);
}

/** MD5 of each decoded frame, in order of presentation. */
export async function frameHashes(file: string, stream = "v", inputOptions: readonly string[] = []): Promise<string[]> {
  const { stdout } = await run("ffmpeg", [...inputOptions, "-i", file, "-map", `0:${stream}:0`, "-fps_mode", "passthrough", "-f", "framemd5", "-"]);
  return stdout.toString().split("\n").filter((line) => line && !line.startsWith("#")).map((line) => line.split(",").at(-1)?.trim() ?? "");
}

/** A folder for one test file's media. */
export interface Folder { path: (name: string) => string; write: (name: string, ...parts: Uint8Array[]) => Promise<string>; remove: () => Promise<void> }
export async function openFolder(): Promise<Folder> {
  const folder = await mkdtemp(join(tmpdir(), "lectern-cmaf-"));
  const path = (name: string) => join(folder, name);
  return {
    path,
    async write(name, ...parts) { await writeFile(path(name), Buffer.concat(parts)); return path(name); },
    async remove() { await rm(folder, { recursive: true }); },
  };
}
