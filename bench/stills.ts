/**
 * stills: how long a still takes that nobody has asked for, and one in memory, beside a bare FFmpeg that makes the same
 * frame of the local file; and what an hour's storyboard costs.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig } from "../config/config.ts";
import { STILL_FORMATS, type StillFormat } from "../media/ffmpeg/still-arguments.ts";
import { api } from "../test/support/api.ts";
import { startMesh, type Mesh } from "../test/support/mesh.ts";
import type { Benchmark } from "./benchmark.ts";
import { bareStill, fetchStill, time } from "./still.ts";
import { prepareSources } from "./first-play/sources.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { cpuSecondsOf } from "./process-family.ts";
import { percentile } from "./statistics.ts";
import { formatTable } from "./text-table.ts";

/** Seconds into the lecture, whose key frames are up to 8.3 s apart. */
const PLACES = [["near a key frame", 600.116], ["far from one", 607.916]] as const;
/** Each run asks for another frame, in the middle of its time, so that none has been made before. */
const FRAME_SEC = 1 / 30;

export const stills: Benchmark = {
  name: "stills",
  summary: "a frame as an image, cold and from memory, beside bare FFmpeg; and an hour's storyboard",
  usage: "[--runs 10] [--only <words>]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { runs: { type: "string", default: "10" }, only: { type: "string", default: "" } } });
    const runs = Number(values.runs);
    if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs must be a whole number from 1.");
    const { dataDir, ffmpegPath } = loadConfig(process.env);
    const dir = join(dataDir, "bench");
    const [lecture] = await prepareSources(dir, ffmpegPath, "60 min", console.log);
    if (lecture === undefined) throw new Error("There is no lecture of an hour.");
    const path = join(dir, lecture.file);
    const mesh = await startMesh({ settings: { LECTERN_FFMPEG: ffmpegPath } });
    try {
      const { uploadId } = await api(mesh.httpUrl).upload(path);
      const { id } = await api(mesh.httpUrl).post({ uploadId, policy: "lazy" });
      await api(mesh.httpUrl).playlist(id);
      const frameUrl = `${mesh.httpUrl}/v1/videos/${id}/frame`;
      const rows: string[][] = [];
      const cases = PLACES.flatMap(([place, from]) => STILL_FORMATS.map((format) => ({ name: `${format}, ${place}`, format, from })));
      for (const { name, format, from } of cases.filter((each) => each.name.includes(values.only))) rows.push(await compare(name, format, from, runs, frameUrl, path, ffmpegPath));
      console.log(`\n${formatTable(["1080p lecture of an hour", "cold p50 ms", "best ms", "FFmpeg p50 ms", "best ms", "p50 / p50", "best / best", "memory p50 ms"], rows)}\n`);
      console.log(await describeStoryboard(mesh, id));
      console.log(`\n${runs} runs each, by turns, after one to warm up. ${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
    } finally {
      await mesh.stop();
    }
  },
};

async function compare(name: string, format: StillFormat, from: number, runs: number, frameUrl: string, path: string, ffmpeg: string): Promise<string[]> {
  console.log(`${name} …  (${describeLoad()})`);
  const [cold, bare, warm]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run <= runs; run++) {
    const t = (from - run * FRAME_SEC).toFixed(6);
    const samples = [await time(() => fetchStill(`${frameUrl}?t=${t}&format=${format}`)), await time(() => bareStill(ffmpeg, path, t, format)), await time(() => fetchStill(`${frameUrl}?t=${t}&format=${format}`))];
    if (run === 0) continue;
    cold.push(samples[0] ?? 0);
    bare.push(samples[1] ?? 0);
    warm.push(samples[2] ?? 0);
  }
  const [p50, best] = [(samples: number[]) => percentile(samples, 0.5), (samples: number[]) => Math.min(...samples)];
  return [name, p50(cold).toFixed(0), best(cold).toFixed(0), p50(bare).toFixed(0), best(bare).toFixed(0), (p50(cold) / p50(bare)).toFixed(2), (best(cold) / best(bare)).toFixed(2), p50(warm).toFixed(1)];
}

async function describeStoryboard(mesh: Mesh, id: string): Promise<string> {
  const sheets = new Set([...(await (await fetch(`${mesh.httpUrl}/play/${id}/storyboard.vtt`)).text()).matchAll(/^(storyboard\/\d+\.jpg)#/gm)].map(([, sheet]) => sheet ?? ""));
  const before = await cpuSecondsOf(mesh.nodePid());
  const ms = await time(async () => { for (const sheet of sheets) await fetchStill(`${mesh.httpUrl}/play/${id}/${sheet}`); });
  const after = await cpuSecondsOf(mesh.nodePid());
  return `Storyboard of an hour: ${sheets.size} sheets, ${(after - before).toFixed(1)} s of CPU (node and FFmpeg), ${(ms / 1000).toFixed(1)} s one after the other.`;
}
