/** What a figure depends on: without it no figure means anything. */
import { execFile } from "node:child_process";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { promisify } from "node:util";

export async function describeMachine(ffmpeg: string): Promise<string> {
  const { stdout } = await promisify(execFile)(ffmpeg, ["-version"]);
  const version = /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? "?";
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "?"}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}, FFmpeg ${version}`;
}

/** Work of others on the machine: processes that ran or waited for a core, on average over the last minute. */
export function describeLoad(): string {
  return `load ${(loadavg()[0] ?? 0).toFixed(1)}`;
}
