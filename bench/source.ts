/**
 * source: what an origin is asked for: bytes that it sends for a video that is made whole, with stills, and for the first
 * play of an hour, beside the size of the source; and how fast FFmpeg encodes through the reader, beside a local file.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { playFirstSegment } from "../bin/add/first-play.ts";
import { postVideo } from "../bin/add/gateway-client.ts";
import { loadConfig } from "../config/config.ts";
import { api } from "../test/support/api.ts";
import type { Mesh } from "../test/support/mesh.ts";
import type { Benchmark } from "./benchmark.ts";
import { prepareSources } from "./first-play/sources.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import type { Origin } from "./origin.ts";
import { measureReadSpeed } from "./read-speed.ts";
import { fetchStill } from "./still.ts";
import { onStagedMesh } from "./staged-mesh.ts";
import { formatTable } from "./text-table.ts";

const STILLS = 10;

export const source: Benchmark = {
  name: "source",
  summary: "bytes fetched from the origin for a whole video and for a first play, beside the source's own; encode speed through the reader, beside a local file",
  usage: "",
  async run(args) {
    parseArgs({ args: [...args], options: {} });
    const { dataDir, ffmpegPath } = loadConfig(process.env);
    const dir = join(dataDir, "bench");
    const find = async (words: string): Promise<string> => {
      const [found] = await prepareSources(dir, ffmpegPath, words, console.log);
      if (found === undefined) throw new Error(`There is no source ${words}.`);
      return found.file;
    };
    const [minute, hourMp4, hourMkv, avi] = [await find("MP4, 1 min"), await find("MP4, 60 min"), await find("MKV, 60 min"), await find("AVI, 1080p30")];
    console.log(`encoding ${hourMp4} through the reader and from the disk …  (${describeLoad()})`);
    const { readerMs, localMs } = await measureReadSpeed(ffmpegPath, dir, hourMp4); // before there is a mesh beside it
    await onStagedMesh(dir, ffmpegPath, async (mesh, origin) => {
      const rows: string[][] = [];
      for (const file of [minute, avi]) rows.push(await row(`all renditions and ${STILLS} stills of ${file}`, file, dir, origin, () => makeWhole(mesh, `${origin.url}/${file}?whole`)));
      for (const file of [hourMp4, hourMkv]) rows.push(await row(`first play of ${file}`, file, dir, origin, () => playBeginning(mesh, `${origin.url}/${file}?first`)));
      console.log(`\n${formatTable(["", "fetched MB", "requests", "source MB", "fetched / source"], rows)}\n\nencode speed through the reader / from the local file: ${(localMs / readerMs).toFixed(3)} (${(readerMs / 1000).toFixed(2)} s, ${(localMs / 1000).toFixed(2)} s)\n\n${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
    });
  },
};

async function row(what: string, file: string, dir: string, origin: Origin, work: () => Promise<void>): Promise<string[]> {
  console.log(`${what} …  (${describeLoad()})`);
  const { size } = await stat(join(dir, file));
  await origin.reset();
  await work();
  const { bytes, requests } = await origin.count();
  return [what, (bytes / 1e6).toFixed(2), String(requests), (size / 1e6).toFixed(2), (bytes / size).toFixed(3)];
}

async function makeWhole({ httpUrl }: Mesh, url: string): Promise<void> {
  const { id } = await postVideo({ url: httpUrl }, { url, policy: "eager" });
  const { durationSec = 0 } = await api(httpUrl).until(id, "complete");
  for (let still = 0; still < STILLS; still++) await fetchStill(`${httpUrl}/v1/videos/${id}/frame?t=${((durationSec * (still + 0.5)) / STILLS).toFixed(2)}&format=jpg`);
}

async function playBeginning({ httpUrl }: Mesh, url: string): Promise<void> {
  const { id, hls } = await postVideo({ url: httpUrl }, { url, policy: "lazy" });
  await playFirstSegment(hls);
  await api(httpUrl).remove(id);
}
