/**
 * memory: what a node with all services has in RAM at most while it takes a long and large source, step by step; and with
 * `--limit-mb` whether it does all of it under a bound that the kernel keeps.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { postVideo } from "../bin/add/gateway-client.ts";
import { loadConfig } from "../config/config.ts";
import { api, type Api } from "../test/support/api.ts";
import type { MemoryUse } from "../test/support/memory-group.ts";
import type { Benchmark } from "./benchmark.ts";
import { startsOf } from "./cold-segment.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { limitNode } from "./memory/hard-limit.ts";
import { makeLargeSource } from "./memory/large-source.ts";
import { watchResident } from "./process-family.ts";
import { onStagedMesh } from "./staged-mesh.ts";
import { formatTable } from "./text-table.ts";

const SEEKS = 10;

export const memory: Benchmark = {
  name: "memory",
  summary: "RAM of a node with all services while it takes a source of an hour and 4 GB",
  usage: "[--minutes 60] [--gb 4] [--cache-mb 64] [--background 60] [--limit-mb 0]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { "minutes": { type: "string", default: "60" }, "gb": { type: "string", default: "4" }, "cache-mb": { type: "string", default: "64" }, "background": { type: "string", default: "60" }, "limit-mb": { type: "string", default: "0" } } });
    const [minutes, gigabytes, cacheMb, backgroundSec, limitMb] = [Number(values.minutes), Number(values.gb), Number(values["cache-mb"]), Number(values.background), Number(values["limit-mb"])];
    if (![minutes, cacheMb, backgroundSec].every((value) => Number.isInteger(value) && value > 0) || !(gigabytes > 0) || !(limitMb >= 0)) throw new Error("Every option must be a number above 0.");
    const { dataDir, ffmpegPath } = loadConfig(process.env);
    const dir = join(dataDir, "bench");
    const file = `large-${minutes}-${gigabytes}.mp4`;
    console.log(`Making ${minutes} minutes of ${gigabytes} GB, unless they are there …`);
    await makeLargeSource(join(dir, file), ffmpegPath, minutes, gigabytes);
    const { size } = await stat(join(dir, file));
    const limit = limitMb > 0 ? limitNode(limitMb * 1e6) : undefined;
    await onStagedMesh(dir, ffmpegPath, async (mesh, origin) => {
      const client = api(mesh.httpUrl);
      const resident = watchResident(mesh.nodePid());
      const rows: string[][] = [];
      const step = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
        resident.take();
        const startedAt = performance.now();
        const result = await work();
        const sec = (performance.now() - startedAt) / 1000;
        await pause(1);
        const { own, ownData, others } = resident.take();
        rows.push([name, own.toFixed(0), ownData.toFixed(0), others.toFixed(0), sec.toFixed(1)]);
        console.log(`${name}: ${own.toFixed(0)} MiB`);
        return result;
      };
      try {
        await step("nothing to do", () => pause(3));
        const id = await step("posted by its address, first segment", async () => {
          const posted = await postVideo({ url: mesh.httpUrl }, { url: `${origin.url}/${file}?run=${process.pid}` });
          await client.playlist(posted.id, "source");
          await read(client, posted.id, "source", 0);
          return posted.id;
        });
        const last = startsOf(await client.playlist(id, "source")).length - 1;
        const lowest = (await client.get(id)).renditions?.filter(({ kind, mode }) => kind === "video" && mode === "encode").at(-1)?.name ?? "source";
        for (const rendition of ["source", lowest]) await step(`${SEEKS} seeks over its length, ${rendition}`, () => seek(client, id, rendition, last));
        await step(`work in the background, ${backgroundSec} s`, () => pause(backgroundSec));
        const { uploadId } = await step("uploaded", () => client.upload(join(dir, file)));
        await step("the upload posted, first segment, seeks", async () => {
          const { id: uploaded } = await client.post({ uploadId });
          await client.playlist(uploaded, "source");
          await seek(client, uploaded, "source", last);
        });
      } finally {
        resident.stop();
        if (limit !== undefined) console.log(`\n${describeUse(limit.use(), limitMb)}`);
      }
      console.log(`\n${formatTable(["step", "node, MiB at most", "without the program", "FFmpeg, MiB at most", "s"], rows)}\n\nA source of ${minutes} min and ${(size / 1e9).toFixed(2)} GB; of a node's memory ${cacheMb} MiB are for segments (LECTERN_CACHE_MEMORY_MB). ${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
    }, { LECTERN_CACHE_MEMORY_MB: String(cacheMb) }).finally(() => limit?.remove());
  },
};

function describeUse({ own, most, killed }: MemoryUse, limitMb: number): string {
  return `Under a limit of ${limitMb} MB for the node's process, which the kernel kept: ${killed === 0 ? "nothing was killed" : `${killed} processes were killed`}. Of its own it had at most ${(own / 1e6).toFixed(0)} MB, with the pages of files that it read and wrote ${(most / 1e6).toFixed(0)} MB.`;
}

async function seek(client: Api, id: string, rendition: string, last: number): Promise<void> {
  for (let n = 0; n < SEEKS; n++) await read(client, id, rendition, Math.round((last * n) / (SEEKS - 1)));
}

async function read(client: Api, id: string, rendition: string, segment: number): Promise<void> {
  const answer = await client.segment(id, rendition, segment);
  if (!answer.ok) throw new Error(`Segment ${segment} of ${rendition} was answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

const pause = (sec: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, sec * 1000));
