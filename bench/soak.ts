/**
 * soak: a node with all services under work of every kind for as long as is said, and what it has in RAM minute by minute: the
 * whole, and what that consists of (`soak/parts.ts`), so that growth has a name, and an end.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig } from "../config/config.ts";
import { api } from "../test/support/api.ts";
import type { Benchmark } from "./benchmark.ts";
import { prepareSources } from "./first-play/sources.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { watchResident } from "./process-family.ts";
import { partNames, watchParts, type PartName } from "./soak/parts.ts";
import { onStagedMesh } from "./staged-mesh.ts";
import { slopeOf } from "./statistics.ts";
import { formatTable } from "./text-table.ts";

const ROW_EVERY_MIN = 5;
/** As many videos live at a time; the oldest is deleted for the next. */
const KEPT_VIDEOS = 3;
/** Caches fill first; growth is what comes afterwards, and it ends if the last third has less of it. */
const THIRDS = 3;

const columns = ["whole", ...partNames] as const;

/** MiB: the least of the whole and of each part, the most of the whole and of FFmpeg's processes. */
interface Minute { at: number; most: number; others: number; least: Readonly<Record<"whole" | PartName, number>> }
interface Count { posts: number; segments: number; stills: number; deletes: number; failed: number }

export const soak: Benchmark = {
  name: "soak",
  summary: "RAM of a node over an hour of posts, plays, seeks, stills and deletions",
  usage: "[--minutes 60] [--cache-mb 64] [--pause-ms 500]",
  async run(args) {
    const number = (fallback: number) => ({ type: "string", default: String(fallback) }) as const;
    const { values } = parseArgs({ args: [...args], options: { "minutes": number(60), "cache-mb": number(64), "pause-ms": number(500) } });
    const [minutes, cacheMb, pauseMs] = [Number(values.minutes), Number(values["cache-mb"]), Number(values["pause-ms"])];
    if (![minutes, cacheMb, pauseMs].every((value) => Number.isInteger(value) && value > 0)) throw new Error("Every option must be a whole number from 1.");
    const { dataDir, ffmpegPath } = loadConfig(process.env);
    const dir = join(dataDir, "bench");
    const [source] = await prepareSources(dir, ffmpegPath, "AAC MP4, 1 min", console.log);
    if (source === undefined) throw new Error("There is no source.");
    await onStagedMesh(dir, ffmpegPath, async (mesh, origin) => {
      const pid = mesh.nodePid();
      const watched = watchResident(pid);
      const parts = watchParts(mesh.httpUrl, pid);
      const count: Count = { posts: 0, segments: 0, stills: 0, deletes: 0, failed: 0 };
      const rows: string[][] = [];
      const minutely: Minute[] = [];
      const startedAt = performance.now();
      let isOver = false;
      const work = keepBusy(mesh.httpUrl, (n) => `${origin.url}/${source.file}?soak=${process.pid}-${n}`, count, pauseMs, () => isOver);
      try {
        for (let minute = 1; minute <= minutes; minute++) {
          await new Promise((resolve) => setTimeout(resolve, minute * 60_000 - (performance.now() - startedAt)));
          const { own, ownLeast, others } = watched.take();
          minutely.push({ at: minute, most: own, others, least: { ...parts.takeLeast(), whole: ownLeast } });
          if (minute % ROW_EVERY_MIN !== 0 && minute !== minutes) continue;
          rows.push([`${minute} min`, ...rowOf(minutely.slice(-(minute % ROW_EVERY_MIN || ROW_EVERY_MIN))), ...Object.values(count).map(String)]);
          console.log(rows.at(-1)?.join("  "));
        }
      } finally {
        isOver = true;
        watched.stop();
        parts.stop();
        await work;
      }
      const table = formatTable(["after", ...columns.map((name) => `least ${name}`), "most whole", "FFmpeg's most", ...Object.keys(count)], rows);
      console.log(`\n${table}\n\n${growthTable(minutely)}\n\nMiB. ${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
    }, { LECTERN_CACHE_MEMORY_MB: String(cacheMb) });
  },
};

/** The least of each column, the most of the whole and of FFmpeg. */
function rowOf(minutes: readonly Minute[]): string[] {
  return [
    ...columns.map((name) => Math.min(...minutes.map(({ least }) => least[name])).toFixed(1)),
    Math.max(...minutes.map(({ most }) => most)).toFixed(0),
    Math.max(...minutes.map(({ others }) => others)).toFixed(0),
  ];
}

/** What each third of the run grew by an hour, by least squares of each minute's least, with the standard error. */
function growthTable(minutely: readonly Minute[]): string {
  const length = Math.floor(minutely.length / THIRDS);
  if (length < 3) return "Too short to say what it grows by";
  const thirds = Array.from({ length: THIRDS }, (_, index) => minutely.slice(index * length, (index + 1) * length));
  const rows = columns.map((name) => [name, ...thirds.map((minutes) => {
    const { slope, error } = slopeOf(minutes.map(({ at, least }) => [at, least[name]]));
    return `${(slope * 60).toFixed(1)} ± ${(error * 60).toFixed(1)}`;
  })]);
  return formatTable(["growth an hour", "first third", "second", "last"], rows);
}

/** One video after the other: posted, played from its beginning, sought in, looked at, and deleted. */
async function keepBusy(base: string, urlOf: (n: number) => string, count: Count, pauseMs: number, isOver: () => boolean): Promise<void> {
  const client = api(base);
  const videos: string[] = [];
  for (let n = 0; !isOver(); n++) {
    try {
      const { id } = await client.post({ url: urlOf(n) });
      count.posts++;
      videos.push(id);
      const segments = (await client.playlist(id, "source")).split("\n").filter((line) => line.endsWith(".m4s")).length;
      const lowest = (await client.get(id)).renditions?.filter(({ kind, mode }) => kind === "video" && mode === "encode").at(-1)?.name ?? "source";
      for (let step = 0; step < 12 && !isOver(); step++) {
        const answer = await client.segment(id, step % 3 === 2 ? lowest : "source", (n + step * 5) % Math.max(1, segments));
        await answer.arrayBuffer();
        if (answer.ok) count.segments++;
        else count.failed++;
        await pause(pauseMs);
      }
      const still = await fetch(`${base}/v1/videos/${id}/frame?t=${(n % 50) + 0.5}`);
      await still.arrayBuffer();
      if (still.ok) count.stills++;
      else count.failed++;
      const oldest = videos.length > KEPT_VIDEOS ? videos.shift() : undefined;
      if (oldest !== undefined && (await client.remove(oldest)).ok) count.deletes++;
    } catch {
      count.failed++;
      await pause(pauseMs);
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
