/** The lines between the regions' namespaces: how long they are, which ways are cut, and what went over them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Places } from "./namespaces.ts";

const PROGRAM = fileURLToPath(new URL("delay-line.py", import.meta.url));

/** From one region to another. */
export type Way = readonly [from: string, to: string];
/** Packets since the start. */
export interface WayCounts { passed: number; dropped: number }

export interface DelayLine {
  /** From now on just these ways are cut. @returns what was counted up to now */
  cut(ways: readonly Way[]): Promise<(way: Way) => WayCounts>;
  close(): Promise<void>;
}

/** @param rttMs there and back again @throws Error when a device cannot be made */
export async function openDelayLine({ prefix, places }: Places, rttMs: number): Promise<DelayLine> {
  const ends = places.map(({ namespace, lineAddress }) => `${namespace}=${lineAddress}`);
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", "/usr/bin/env", "python3", PROGRAM, String(rttMs / 2), `${prefix}t`, ...ends], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error("The delay line has ended.");
    return line.value;
  };
  child.stdin.on("error", () => undefined); // it has ended, which the next answer tells
  await next();
  const namespaceOf = (region: string): string => places.find(({ name }) => name === region)?.namespace ?? region;
  return {
    async cut(ways) {
      child.stdin.write(`${JSON.stringify({ cut: ways.map((way) => way.map(namespaceOf)) })}\n`);
      const counts = JSON.parse(await next()) as Record<string, WayCounts>;
      return (way) => counts[way.map(namespaceOf).join(">")] ?? { passed: 0, dropped: 0 };
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
