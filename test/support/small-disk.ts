/** A file system of its own in memory, with a size: the tests that fill a disk do so here. Wants root. */
import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PAGE = Buffer.alloc(4096);

export interface SmallDisk {
  dir: string;
  resize(bytes: number): void;
  /** Takes what is left, to the last byte. */
  fill(): void;
  remove(): Promise<void>;
}

export async function openSmallDisk(bytes: number): Promise<SmallDisk> {
  const dir = await mkdtemp(join(tmpdir(), "lectern-full-"));
  const mount = (option: string): Buffer => execFileSync("mount", ["-t", "tmpfs", "-o", option, "tmpfs", dir]);
  mount(`size=${bytes}`);
  return {
    dir,
    resize: (size) => void mount(`remount,size=${size}`),
    fill() {
      const file = openSync(join(dir, ".filler"), "a");
      try {
        for (;;) writeSync(file, PAGE);
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
      } finally {
        closeSync(file);
      }
    },
    async remove() {
      execFileSync("umount", ["--lazy", dir]);
      await rm(dir, { recursive: true });
    },
  };
}
