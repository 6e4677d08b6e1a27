/**
 * first-play: how long after the POST a viewer has the first segment of a source that nobody has seen before, beside
 * a plain FFmpeg on the same source, run for run.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig } from "../config/config.ts";
import type { Benchmark } from "./benchmark.ts";
import { timeMesh } from "./first-play/mesh-player.ts";
import { timeFfmpeg } from "./first-play/plain-ffmpeg.ts";
import { prepareSources, type BenchSource } from "./first-play/sources.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import type { Origin } from "./origin.ts";
import { percentile } from "./statistics.ts";
import { onStagedMesh } from "./staged-mesh.ts";
import { formatTable } from "./text-table.ts";

interface Samples { ms: number[]; fetchedBytes: number[] }
interface Result { source: BenchSource; ours: Samples; ffmpegs: Samples }

export const firstPlay: Benchmark = {
  name: "first-play",
  summary: "from POST to the first segment, beside plain FFmpeg",
  usage: "[--runs 10] [--only <words>]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { runs: { type: "string", default: "10" }, only: { type: "string", default: "" } } });
    const runs = Number(values.runs);
    if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs must be a whole number from 1.");
    const { dataDir, ffmpegPath } = loadConfig(process.env);
    const dir = join(dataDir, "bench");
    const sources = await prepareSources(dir, ffmpegPath, values.only, console.log);
    await onStagedMesh(dir, ffmpegPath, async (mesh, origin) => {
      const results: Result[] = [];
      for (const source of sources) {
        console.log(`${source.name} …  (${describeLoad()})`);
        results.push(await compare(source, runs, origin, mesh.httpUrl, ffmpegPath));
      }
      console.log(`\n${formatResults(results)}\n\n${runs} runs each, by turns, after one to warm up. ${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
    });
  },
};

async function compare(source: BenchSource, runs: number, origin: Origin, gatewayUrl: string, ffmpeg: string): Promise<Result> {
  const result: Result = { source, ours: { ms: [], fetchedBytes: [] }, ffmpegs: { ms: [], fetchedBytes: [] } };
  for (let run = 0; run <= runs; run++) {
    // Another query is another source: nothing of it is in any cache, although the origin serves the same file.
    const url = `${origin.url}/${source.file}?run=${process.pid}-${run}`;
    await measure(run === 0 ? undefined : result.ours, origin, (atEnd) => timeMesh(gatewayUrl, url, atEnd));
    await measure(run === 0 ? undefined : result.ffmpegs, origin, (atEnd) => timeFfmpeg(ffmpeg, url, source.way, atEnd));
  }
  return result;
}

async function measure(samples: Samples | undefined, origin: Origin, time: (atFirstSegment: () => Promise<void>) => Promise<number>): Promise<void> {
  await origin.reset();
  let fetched = 0;
  const ms = await time(async () => { fetched = (await origin.count()).bytes; });
  samples?.ms.push(ms);
  samples?.fetchedBytes.push(fetched);
}

function formatResults(results: readonly Result[]): string {
  const ms = (samples: Samples, share: number): string => percentile(samples.ms, share).toFixed(0);
  const megabytes = (samples: Samples): string => (percentile(samples.fetchedBytes, 0.5) / 1e6).toFixed(2);
  return formatTable(
    ["source", "Lectern p50 ms", "p95 ms", "FFmpeg p50 ms", "p95 ms", "p95 / p95", "Lectern fetched MB", "FFmpeg fetched MB"],
    results.map(({ source, ours, ffmpegs }) => [
      source.name, ms(ours, 0.5), ms(ours, 0.95), ms(ffmpegs, 0.5), ms(ffmpegs, 0.95),
      (percentile(ours.ms, 0.95) / percentile(ffmpegs.ms, 0.95)).toFixed(2), megabytes(ours), megabytes(ffmpegs),
    ]),
  );
}
