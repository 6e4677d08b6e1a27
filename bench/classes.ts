/**
 * classes: what a viewer waits for, by the class of the source: its first play, a seek into what nobody has made, and a
 * still, beside a bare FFmpeg that does the same.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { playFirstSegment } from "../bin/add/first-play.ts";
import { postVideo } from "../bin/add/gateway-client.ts";
import { loadConfig } from "../config/config.ts";
import { api, type Api } from "../test/support/api.ts";
import type { Benchmark } from "./benchmark.ts";
import { startsOf, timeFfmpegSegment, timeSegment, untilIdle } from "./cold-segment.ts";
import { timeFfmpeg } from "./first-play/plain-ffmpeg.ts";
import { prepareSources, type BenchSource } from "./first-play/sources.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { percentile } from "./statistics.ts";
import { bareStill, fetchStill, time } from "./still.ts";
import { onStagedMesh } from "./staged-mesh.ts";
import { formatTable } from "./text-table.ts";

const COLUMNS = ["first play", "seek, first byte", "seek, last byte", "still, jpg"] as const;
type Sample = Record<(typeof COLUMNS)[number], number>;

export const classes: Benchmark = {
  name: "classes",
  summary: "first play, a seek and a still of each class of source, beside bare FFmpeg",
  usage: "[--runs 5] [--only <words>]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { runs: { type: "string", default: "5" }, only: { type: "string", default: "" } } });
    const runs = Number(values.runs);
    if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs must be a whole number from 1.");
    const { dataDir, ffmpegPath } = loadConfig(process.env);
    const dir = join(dataDir, "bench");
    const sources = await prepareSources(dir, ffmpegPath, values.only, console.log);
    await onStagedMesh(dir, ffmpegPath, async (mesh, origin) => {
      const rows: string[][] = [];
      for (const source of sources) {
        console.log(`${source.name} …  (${describeLoad()})`);
        const [ours, ffmpegs]: [Sample[], Sample[]] = [[], []];
        for (let run = 0; run <= runs; run++) {
          const url = `${origin.url}/${source.file}?run=${process.pid}-${run}`;
          const pair = await compare(source, { url, path: join(dir, source.file), base: mesh.httpUrl, ffmpeg: ffmpegPath });
          if (run === 0) continue; // to warm up
          ours.push(pair.ours);
          ffmpegs.push(pair.ffmpegs);
        }
        const median = (samples: readonly Sample[], column: keyof Sample): string => percentile(samples.map((sample) => sample[column]), 0.5).toFixed(0);
        rows.push([source.name, ...COLUMNS.map((column) => `${median(ours, column)} / ${median(ffmpegs, column)}`)]);
      }
      console.log(`\n${formatTable(["ms, Lectern / FFmpeg", ...COLUMNS], rows)}\n\nMedian of ${runs} runs, by turns, after one to warm up. ${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
    });
  },
};

/** The source itself where it is served as it is, else the lowest rung. */
async function openingOf(client: Api, id: string): Promise<string> {
  await client.playlist(id);
  const { renditions = [] } = await client.get(id);
  const pictures = renditions.filter(({ kind }) => kind === "video");
  const rendition = pictures.find(({ mode }) => mode === "repackage") ?? pictures.at(-1);
  if (rendition === undefined) throw new Error(`Video ${id} has no renditions.`);
  return rendition.name;
}

interface Places { url: string; path: string; base: string; ffmpeg: string }

async function compare({ way }: BenchSource, { url, path, base, ffmpeg }: Places): Promise<{ ours: Sample; ffmpegs: Sample }> {
  const client = api(base);
  const startedAt = performance.now();
  const played = await postVideo({ url: base }, { url, policy: "lazy" });
  await playFirstSegment(played.hls);
  const firstPlay = performance.now() - startedAt;
  await client.remove(played.id);
  await untilIdle(base);
  // Another one, of which nobody has watched anything: nothing is made ahead of a viewer.
  const { id } = await postVideo({ url: base }, { url: `${url}-seek`, policy: "lazy" });
  const rendition = await openingOf(client, id);
  const starts = startsOf(await client.playlist(id, rendition));
  await (await client.segment(id, rendition, "init")).arrayBuffer();
  const middle = Math.floor(starts.length / 2);
  const { startSec, sec } = starts[middle] ?? { startSec: 0, sec: 4 };
  const seek = await timeSegment(`${base}/play/${id}/${rendition}/${middle}.m4s`);
  await untilIdle(base);
  const t = (startSec + sec * 0.6).toFixed(3);
  const still = await time(() => fetchStill(`${base}/v1/videos/${id}/frame?t=${t}&format=jpg`));
  await client.remove(id);
  await untilIdle(base);

  const plainPlay = await timeFfmpeg(ffmpeg, url, way, async () => undefined);
  const plainSeek = await timeFfmpegSegment(ffmpeg, path, { startSec, sec, ...(way === "repackaged" ? {} : { height: 360 }) });
  const plainStill = await time(() => bareStill(ffmpeg, path, t, "jpg"));
  return {
    ours: { "first play": firstPlay, "seek, first byte": seek.firstMs, "seek, last byte": seek.lastMs, "still, jpg": still },
    ffmpegs: { "first play": plainPlay, "seek, first byte": plainSeek.firstMs, "seek, last byte": plainSeek.lastMs, "still, jpg": plainStill },
  };
}
