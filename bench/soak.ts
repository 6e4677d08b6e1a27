/**
 * soak: a node with all services under work of every kind for as long as is said, and what it has in RAM minute by minute: the
 * whole, and of that JavaScript's heap, whose least is what lives, for it is taken just after a collection.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig } from "../config/config.ts";
import { api } from "../test/support/api.ts";
import type { Benchmark } from "./benchmark.ts";
import { prepareSources } from "./first-play/sources.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { watchResident } from "./process-family.ts";
import { onStagedMesh } from "./staged-mesh.ts";
import { formatTable } from "./text-table.ts";

const ROW_EVERY_MIN = 5;
/** As many videos live at a time; the oldest is deleted for the next. */
const KEPT_VIDEOS = 3;
const PAUSE_MS = 500;
/** As often as the process's own figures are new (`services/metrics`). */
const HEAP_EVERY_MS = 10_000;
/** Caches fill first; growth is what comes afterwards. */
const FILLING_SHARE = 1 / 3;

interface Count { posts: number; segments: number; stills: number; deletes: number; failed: number }

export const soak: Benchmark = {
  name: "soak",
  summary: "RAM of a node over an hour of posts, plays, seeks, stills and deletions",
  usage: "[--minutes 60] [--cache-mb 64]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { "minutes": { type: "string", default: "60" }, "cache-mb": { type: "string", default: "64" } } });
    const [minutes, cacheMb] = [Number(values.minutes), Number(values["cache-mb"])];
    if (![minutes, cacheMb].every((value) => Number.isInteger(value) && value > 0)) throw new Error("Every option must be a whole number from 1.");
    const { dataDir, ffmpegPath } = loadConfig(process.env);
    const dir = join(dataDir, "bench");
    const [source] = await prepareSources(dir, ffmpegPath, "AAC MP4, 1 min", console.log);
    if (source === undefined) throw new Error("There is no source.");
    await onStagedMesh(dir, ffmpegPath, async (mesh, origin) => {
      const pid = mesh.nodePid();
      const watched = watchResident(pid);
      const heap = watchHeap(mesh.httpUrl);
      const count: Count = { posts: 0, segments: 0, stills: 0, deletes: 0, failed: 0 };
      const rows: string[][] = [];
      const minutely: (ReturnType<typeof watched.take> & { at: number; heapLeast: number })[] = [];
      const startedAt = performance.now();
      const minutesSince = (): number => (performance.now() - startedAt) / 60_000;
      let isOver = false;
      const work = keepBusy(mesh.httpUrl, (n) => `${origin.url}/${source.file}?soak=${process.pid}-${n}`, count, () => isOver);
      try {
        for (let minute = 1; minute <= minutes; minute++) {
          await new Promise((resolve) => setTimeout(resolve, minute * 60_000 - (performance.now() - startedAt)));
          minutely.push({ at: minutesSince(), ...watched.take(), heapLeast: heap.takeLeast() });
          if (minute % ROW_EVERY_MIN !== 0 && minute !== minutes) continue;
          const latest = minutely.slice(-(minute % ROW_EVERY_MIN || ROW_EVERY_MIN));
          const [least, heapLeast] = [Math.min(...latest.map(({ ownLeast }) => ownLeast)), Math.min(...latest.map((one) => one.heapLeast))];
          const [most, others] = [Math.max(...latest.map(({ own }) => own)), Math.max(...latest.map((one) => one.others))];
          rows.push([`${minute} min`, least.toFixed(0), most.toFixed(0), heapLeast.toFixed(1), others.toFixed(0), ...Object.values(count).map(String)]);
          console.log(rows.at(-1)?.join("  "));
        }
      } finally {
        isOver = true;
        watched.stop();
        heap.stop();
        await work;
      }
      const settled = minutely.filter(({ at }) => at > minutes * FILLING_SHARE);
      const growthOf = (valueOf: (one: (typeof settled)[number]) => number): string => {
        const { slope, error } = slopeOf(settled.map((one) => [one.at, valueOf(one)]));
        return `${(slope * 60).toFixed(1)} ± ${(error * 60).toFixed(1)}`;
      };
      const growth = settled.length < 3
        ? "Too short to say what it grows by"
        : `Growth after the first third, MiB an hour: ${growthOf(({ ownLeast }) => ownLeast)} of each minute's least in RAM, ${growthOf(({ heapLeast }) => heapLeast)} of JavaScript's least (least squares of ${settled.length} minutes, with its standard error)`;
      console.log(`\n${formatTable(["after", "least MiB", "most", "JavaScript's least", "FFmpeg's most", ...Object.keys(count)], rows)}\n\n${growth}. ${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
    }, { LECTERN_CACHE_MEMORY_MB: String(cacheMb) });
  },
};

/** One video after the other: posted, played from its beginning, sought in, looked at, and deleted. */
async function keepBusy(base: string, urlOf: (n: number) => string, count: Count, isOver: () => boolean): Promise<void> {
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
        await pause();
      }
      const still = await fetch(`${base}/v1/videos/${id}/frame?t=${(n % 50) + 0.5}`);
      await still.arrayBuffer();
      if (still.ok) count.stills++;
      else count.failed++;
      const oldest = videos.length > KEPT_VIDEOS ? videos.shift() : undefined;
      if (oldest !== undefined && (await client.remove(oldest)).ok) count.deletes++;
    } catch {
      count.failed++;
      await pause();
    }
  }
}

/** What of JavaScript's heap is in use, as the node says it. `takeLeast`: MiB, since it was asked last. */
function watchHeap(base: string): { takeLeast(): number; stop(): void } {
  const client = api(base);
  let least = Infinity;
  const timer = setInterval(() => {
    client.metrics().then((text) => {
      const bytes = /^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1];
      if (bytes !== undefined) least = Math.min(least, Number(bytes) / 2 ** 20);
    }, () => undefined); // the work counts what fails
  }, HEAP_EVERY_MS);
  return {
    takeLeast() {
      const taken = least;
      least = Infinity;
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}

/** What the values grow by for each unit of the first, and the standard error of that. */
function slopeOf(points: readonly (readonly [number, number])[]): { slope: number; error: number } {
  const mean = (index: 0 | 1): number => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  const slope = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / spread;
  const rest = points.reduce((sum, [at, value]) => sum + (value - y - slope * (at - x)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / Math.max(1, points.length - 2) / spread) };
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
