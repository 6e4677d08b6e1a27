/** How fast the same FFmpeg encodes a source through Lectern's reader, from an origin over HTTP, and from the local file. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { ServiceBroker } from "moleculer";
import { openSourceDoor } from "../mixins/source-door.ts";
import { sourceReader } from "../mixins/source-reader.ts";
import type { SourceRef } from "../services/source/source.contract.ts";
import { startSourceBroker } from "../test/support/source-broker.ts";
import { openOrigin } from "./origin.ts";
import { percentile } from "./statistics.ts";

export interface ReadSpeed { readerMs: number; localMs: number }

/** Of the video that is encoded each time. */
const SECONDS = 120;
const RUNS = 5;

/** Medians of runs in turn, each of a source that nothing is known of; `file` in the folder `dir`. */
export async function measureReadSpeed(ffmpeg: string, dir: string, file: string): Promise<ReadSpeed> {
  const origin = await openOrigin(dir);
  const node = await startSourceBroker({ allow: [origin.hostPort] });
  const door = await openSourceDoor(new ServiceBroker({ logger: false }).logger);
  try {
    const [reader, local]: [number[], number[]] = [[], []];
    for (let run = 0; run < RUNS; run++) {
      local.push(await encode(ffmpeg, `${dir}/${file}`));
      const source: SourceRef = { kind: "url", url: `${origin.url}/${file}?speed=${run}` };
      const { size, version } = await node.open(source);
      const { url, close } = door.open({ size, read: sourceReader(node.broker, source, version) });
      reader.push(await encode(ffmpeg, url));
      close();
    }
    return { readerMs: percentile(reader, 0.5), localMs: percentile(local, 0.5) };
  } finally {
    await door.close();
    await node.stop();
    await origin.close();
  }
}

async function encode(ffmpeg: string, input: string): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(ffmpeg, ["-nostdin", "-v", "error", "-i", input, "-t", String(SECONDS), "-an", "-vf", "scale=-2:360", "-c:v", "libx264", "-preset", "veryfast", "-f", "null", "-"], { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`FFmpeg ended with ${code}.`);
  return performance.now() - startedAt;
}
