/** Brings a video into a phase, and shows that it is in it. */
import { execFileSync } from "node:child_process";
import { findFfmpeg } from "../../test/support/ffmpeg-processes.ts";
import type { Random } from "../../test/support/simulation/random.ts";
import type { Phase } from "./fault.ts";
import type { FaultyMesh, Worker } from "./faulty-mesh.ts";
import { within } from "./within.ts";

const SEEN_MS = 40_000;

/** `evidence`: what was seen at that moment. `leave` lets go of what was held back for it. */
export interface Entered { victim: Worker; evidence: string; leave(): void }

/**
 * @param post posts the video
 * @param arriving whether the source has to be on its way in every phase
 * @param size of the source, in bytes
 * @throws Error when the phase was not seen in time
 */
export async function enter(phase: Phase, mesh: FaultyMesh, random: Random, post: () => Promise<unknown>, arriving: boolean, size: number): Promise<Entered> {
  const calm = (victim: Worker, evidence: string): Entered => ({ victim, evidence, leave: () => undefined });
  const isArriving = (): boolean => mesh.origin.busy() > 0 && mesh.origin.stats.bytes < size;
  switch (phase) {
    case "idle": {
      const busy = mesh.workers.filter((worker) => findFfmpeg(mesh.pidOf(worker)).length > 0);
      if (busy.length > 0) throw new Error(`${busy.length} nodes are not idle`);
      return calm(random.pick(mesh.workers), "no FFmpeg");
    }
    case "downloading": {
      await post();
      return await within(SEEN_MS, "a node downloads", () => {
        const victim = mesh.workers.find((worker) => readers(mesh).includes(mesh.pidOf(worker)));
        const { bytes } = mesh.origin.stats;
        return victim !== undefined && bytes > 0 && isArriving() && calm(victim, `${victim.id} downloads, ${Math.round((bytes / size) * 100)} % have come`);
      });
    }
    case "encoding": {
      await post();
      return await within(SEEN_MS, "a node encodes", () => {
        const victim = random.pick(mesh.workers);
        const running = findFfmpeg(mesh.pidOf(victim)).length;
        return running > 0 && (!arriving || isArriving()) && calm(victim, `${running} FFmpeg on ${victim.id}`);
      });
    }
    case "publishing": {
      const holds = mesh.workers.map((worker) => ({ worker, ...worker.store.hold((line) => /^PUT .*\/media\/.*\.m4s/.test(line)) }));
      await post();
      let seen: Worker | undefined;
      for (const { worker, held } of holds) void held.then(() => { seen ??= worker; });
      const victim = await within(SEEN_MS, "a segment is being stored", () => seen);
      for (const { worker, release } of holds) if (worker !== victim) release();
      return { victim, evidence: `a segment of ${victim.id} is on its way into the store`, leave: () => { for (const { release } of holds) release(); } };
    }
    default:
      throw new Error(`${String(phase satisfies never)} is no phase`);
  }
}

/** Processes that the origin answers right now, by their connections. */
function readers({ origin }: FaultyMesh): number[] {
  const callers = origin.callers();
  if (callers.length === 0) return [];
  const lines = execFileSync("ss", ["-Htnp", "state", "established", `dport = :${new URL(origin.url).port}`], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => callers.some((port) => line.includes(`:${port} `))).flatMap((line) => [...line.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid)));
}
