/**
 * first-byte: how long a viewer waits for the first and for the last byte of a 720p segment that nobody has made, near
 * the start and in the middle of a lecture, beside an FFmpeg that makes the same segment of the same file.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { postVideo } from "../bin/add/gateway-client.ts";
import { loadConfig } from "../config/config.ts";
import { api } from "../test/support/api.ts";
import type { Benchmark } from "./benchmark.ts";
import { startsOf, timeFfmpegSegment, timeSegment, untilIdle, type Timing } from "./cold-segment.ts";
import { prepareSources } from "./first-play/sources.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { percentile } from "./statistics.ts";
import { onStagedMesh } from "./staged-mesh.ts";
import { formatTable } from "./text-table.ts";

const RENDITION = "720p";
/** Further apart than what is made ahead of a viewer. */
const STRIDE = 8;

export const firstByte: Benchmark = {
  name: "first-byte",
  summary: "first and last byte of a cold 720p segment, beside FFmpeg",
  usage: "[--runs 5]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { runs: { type: "string", default: "5" } } });
    const runs = Number(values.runs);
    if (!Number.isInteger(runs) || runs < 1 || runs > 10) throw new Error("--runs must be a whole number from 1 to 10.");
    const { dataDir, ffmpegPath } = loadConfig(process.env);
    const dir = join(dataDir, "bench");
    const [source] = await prepareSources(dir, ffmpegPath, "14 min", console.log);
    if (source === undefined) throw new Error("There is no source.");
    await onStagedMesh(dir, ffmpegPath, async (mesh, origin) => {
      const { id } = await postVideo({ url: mesh.httpUrl }, { url: `${origin.url}/${source.file}?run=${process.pid}`, policy: "lazy" });
      const starts = startsOf(await api(mesh.httpUrl).playlist(id, RENDITION));
      const rows: string[][] = [];
      for (const [place, from] of [["near the start", 3], ["in the middle", Math.floor(starts.length / 2)]] as const) {
        const [ours, ffmpegs]: [Timing[], Timing[]] = [[], []];
        for (let run = 0; run < runs; run++) {
          const segment = from + run * STRIDE;
          const { startSec, sec } = starts[segment] ?? { startSec: 0, sec: 4 };
          await untilIdle(mesh.httpUrl);
          ours.push(await timeSegment(`${mesh.httpUrl}/play/${id}/${RENDITION}/${segment}.m4s`));
          await untilIdle(mesh.httpUrl);
          ffmpegs.push(await timeFfmpegSegment(ffmpegPath, join(dir, source.file), { startSec, sec, height: 720 }));
        }
        rows.push([place, ...[ours, ffmpegs].flatMap((timings) => [median(timings.map(({ firstMs }) => firstMs)), median(timings.map(({ lastMs }) => lastMs))])]);
      }
      console.log(`\n${formatTable(["cold segment", "Lectern first byte ms", "last byte ms", "FFmpeg first byte ms", "last byte ms"], rows)}\n\nMedian of ${runs} runs, by turns. ${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
    });
  },
};

const median = (ms: readonly number[]): string => percentile(ms, 0.5).toFixed(0);
