/** What happens to nodes, their FFmpeg and their disks. */
import { readFileSync, statfsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findFfmpeg, findLiving } from "../../test/support/ffmpeg-processes.ts";
import { HAS_MEMORY_GROUPS, openMemoryGroup } from "../../test/support/memory-group.ts";
import { PHASES, type FaultTable, type Stage, type Struck } from "./fault.ts";
import { within } from "./within.ts";

/** Longer than a lease of work. */
const STOPPED_MS = 9_000;
const DISK_FULL_MS = 8_000;
const SEEN_MS = 30_000;
/** Of what a node takes from then on. */
const MEMORY_BYTES = 4_000_000;
const KILLED = 137;

export const NODE_FAULTS: FaultTable = {
  "node killed": {
    phases: PHASES, lasts: () => "survived", isSurvived: true, losesNode: true,
    async strike(stage) {
      process.kill(stage.mesh.pidOf(stage.victim), "SIGKILL");
      return lost(stage);
    },
  },
  "node stopped": {
    phases: PHASES, lasts: () => STOPPED_MS, isSurvived: true, losesNode: true,
    async strike({ mesh, victim }) {
      const pid = mesh.pidOf(victim);
      process.kill(pid, "SIGSTOP");
      return { seen: async () => await within(SEEN_MS, "it stands still", () => stateOf(pid) === "T" && `${victim.id} stands still`), end: async () => void process.kill(pid, "SIGCONT") };
    },
  },
  ...(HAS_MEMORY_GROUPS ? {
    "node out of memory": {
      phases: PHASES, lasts: () => "survived" as const, isSurvived: true, losesNode: true,
      async strike(stage: Stage) {
        const pid = stage.mesh.pidOf(stage.victim);
        const group = openMemoryGroup(`lectern-faults-${pid}`, MEMORY_BYTES);
        group.take(pid);
        const { seen, end } = lost(stage);
        return { seen, end: () => end().finally(() => group.remove()) };
      },
    },
  } : {}),
  "first node killed": {
    phases: PHASES, lasts: () => 0, cutsViewers: true,
    async strike({ mesh: { first } }) {
      const pid = first.nodePid();
      const before = first.output().length;
      process.kill(pid, "SIGKILL");
      return {
        seen: async () => await within(SEEN_MS, "the supervisor starts another", () => first.output().slice(before).includes("The node runs again.") && first.nodePid() !== pid && "another process runs it"),
        end: async () => undefined,
      };
    },
  },
  "FFmpeg killed": {
    phases: ["encoding"], lasts: () => 0,
    async strike(stage) {
      const node = stage.mesh.pidOf(stage.victim);
      const pids = await within(SEEN_MS, "an FFmpeg is killed", () => {
        const killed = findFfmpeg(node).filter((pid) => signal(pid, "SIGKILL"));
        return killed.length > 0 && killed;
      });
      return { seen: async () => await within(SEEN_MS, "FFmpeg ends", () => findLiving(pids).length === 0 && `${pids.length} of ${stage.victim.id} ended`), end: async () => undefined };
    },
  },
  "FFmpeg hung": {
    phases: ["encoding"], lasts: () => 0,
    async strike(stage) {
      const node = stage.mesh.pidOf(stage.victim);
      // One may end before it is stopped.
      const still = await within(SEEN_MS, "an FFmpeg stands still", () => {
        const stopped = findFfmpeg(node).filter((pid) => signal(pid, "SIGSTOP") && stateOf(pid) === "T");
        return stopped.length > 0 && stopped;
      });
      return {
        seen: async () => `${still.length} of ${stage.victim.id} stand still`,
        end: async () => undefined, // whoever waits for it has to see to that
      };
    },
  },
  "disk full": {
    phases: PHASES, lasts: () => DISK_FULL_MS, isSurvived: true,
    async strike({ mesh, victim }) {
      const filler = join(victim.disk, "filler");
      const { bavail, bsize } = statfsSync(victim.disk);
      const refusal = await writeFile(filler, Buffer.alloc((bavail + 1) * bsize)).then(() => undefined, (error: NodeJS.ErrnoException) => error.code);
      if (refusal !== "ENOSPC") throw new Error(`the disk does not fill: ${refusal}`);
      return {
        seen: async () => await within(SEEN_MS, "the node says that its disk is full, or makes room", async () => {
          const row = (await mesh.nodes()).find(({ id }) => id === victim.id);
          if (row?.reasons.some(({ code }) => code === "disk") === true) return `${victim.id} says that its disk is full`;
          const now = statfsSync(victim.disk);
          return now.bavail > 0 && `the disk of ${victim.id} was full, then ${(now.bavail * now.bsize / 2 ** 20).toFixed(1)} MiB were made free`;
        }),
        end: () => rm(filler),
      };
    },
  },
};

function lost({ mesh, victim }: Stage): Struck {
  return {
    async seen() {
      await within(SEEN_MS, "the node is gone", () => victim.process.child.exitCode !== null);
      const { exitCode } = victim.process.child;
      if (exitCode !== KILLED) throw new Error(`${victim.id} ended with ${exitCode}`);
      return `${victim.id} ended with ${KILLED}`;
    },
    end: () => mesh.rejoin(victim),
  };
}

/** @returns whether there was such a process */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false; // it has ended
  }
}

/** T: stopped (proc(5)). */
function stateOf(pid: number): string | undefined {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1];
  } catch {
    return undefined; // it has ended
  }
}
