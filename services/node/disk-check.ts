/** Whether the data directory takes bytes: copies, blocks and logs are there, and all that FFmpeg writes. */
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { freeBytes } from "../../mixins/disk-reserve.ts";
import type { SelfCheck } from "./self-checks.ts";

const MiB = 1024 * 1024;
/** Less is full; what is full has room again from twice as much on. */
const MIN_FREE_BYTES = 16 * MiB;

const FAULTS: Readonly<Record<string, string>> = { ENOSPC: "is full", EDQUOT: "has no quota left", EROFS: "takes no writes" };

/** @param note told of the free bytes at each look */
export function diskCheck(dir: string, note: (free: number) => void = () => undefined): SelfCheck {
  return {
    code: "disk",
    strikes: 1,
    async look(suspected) {
      const free = await freeBytes(dir);
      note(free);
      if (free < MIN_FREE_BYTES * (suspected ? 2 : 1)) return `The disk of the data directory is full: ${Math.floor(free / MiB)} MiB are free.`;
      const probe = join(dir, `.check-${process.pid}`);
      try {
        const file = await open(probe, "w");
        await file.write(Buffer.alloc(4096)).finally(() => file.close());
        return undefined;
      } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
        return `The disk of the data directory ${FAULTS[code] ?? `does not work (${code})`}.`;
      } finally {
        await rm(probe, { force: true }).catch(() => undefined); // what takes no writes has none of ours
      }
    },
  };
}
