/**
 * twins: what a video costs whose bytes are there under another address: processor time of the node with its FFmpegs, and
 * bytes of the origin, until all is made, beside what the first one cost.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { postVideo } from "../bin/add/gateway-client.ts";
import { loadConfig } from "../config/config.ts";
import { api } from "../test/support/api.ts";
import type { Mesh } from "../test/support/mesh.ts";
import type { Benchmark } from "./benchmark.ts";
import { untilIdle } from "./cold-segment.ts";
import { prepareSources } from "./first-play/sources.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import type { Origin } from "./origin.ts";
import { cpuSecondsOf } from "./process-family.ts";
import { onStagedMesh } from "./staged-mesh.ts";
import { formatTable } from "./text-table.ts";

export const twins: Benchmark = {
  name: "twins",
  summary: "processor time and bytes of a video whose bytes are there under another address, beside the first",
  usage: "[--only <words>]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { only: { type: "string", default: "MP4, 1 min" } } });
    const { dataDir, ffmpegPath } = loadConfig(process.env);
    const dir = join(dataDir, "bench");
    const sources = await prepareSources(dir, ffmpegPath, values.only, console.log);
    await onStagedMesh(dir, ffmpegPath, async (mesh, origin) => {
      const rows: string[][] = [];
      for (const { name, file } of sources) {
        for (const which of ["first", "second"]) {
          console.log(`${name}, ${which} …  (${describeLoad()})`);
          const { cpuSec, bytes, sec } = await makeWhole(mesh, origin, `${origin.url}/${file}?${which}`);
          rows.push([`${name}, ${which}`, cpuSec.toFixed(1), (bytes / 1e6).toFixed(2), ((await stat(join(dir, file))).size / 1e6).toFixed(2), sec.toFixed(1)]);
        }
      }
      console.log(`\n${formatTable(["", "processor s", "fetched MB", "source MB", "complete after s"], rows)}\n\n${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
    }, { LECTERN_SANDBOX: "limits" }); // bubblewrap does not wait for whom it started, so nobody would be charged with their time
  },
};

async function makeWhole(mesh: Mesh, origin: Origin, url: string): Promise<{ cpuSec: number; bytes: number; sec: number }> {
  await origin.reset();
  const [cpuBefore, startedAt] = [await cpuSecondsOf(mesh.nodePid()), performance.now()];
  const { id } = await postVideo({ url: mesh.httpUrl }, { url });
  await api(mesh.httpUrl).until(id, "complete");
  const sec = (performance.now() - startedAt) / 1000;
  await untilIdle(mesh.httpUrl); // previews
  return { cpuSec: (await cpuSecondsOf(mesh.nodePid())) - cpuBefore, bytes: (await origin.count()).bytes, sec };
}
