/** What the validator and the scheduler make of a file. */
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceBroker } from "moleculer";
import type { Facts } from "../../media/facts.ts";
import { planOf } from "../../media/plan-video.ts";
import type { Plan } from "../../media/plan.ts";
import { closeDemuxer, openDemuxer } from "../../mixins/demuxer/demuxer.ts";
import { openRemuxes } from "../../mixins/remux.ts";
import { openSourceDoor } from "../../mixins/source-door.ts";
import { lookAt, type Look } from "../../services/validator/look.ts";
import { openTestGuest, TEST_GUEST } from "./guest.ts";

export interface PlannedFile { bytes: Buffer; facts: Facts; plan: Plan }

/** Where copies of sources without an index are kept, for tests that make segments of them. */
export const REMUX_SETTINGS = { remuxDir: join(tmpdir(), `lectern-remux-${process.pid}`), remuxCacheBytes: 2 ** 30, guest: TEST_GUEST };
process.on("exit", () => rmSync(REMUX_SETTINGS.remuxDir, { recursive: true, force: true }));

export async function lookAtFile(path: string, maxRemuxBytes = 2 ** 28): Promise<Look> {
  const bytes = await readFile(path);
  const { logger } = new ServiceBroker({ logger: false });
  const door = await openSourceDoor(logger);
  const remuxes = await openRemuxes(REMUX_SETTINGS, logger);
  try {
    const ports = { demuxer: openDemuxer(), door, remuxes, guest: await openTestGuest(), maxRemuxBytes, limits: { ...TEST_GUEST.inputLimits, maxDurationSec: 24 * 3600 }, logger };
    return await lookAt({ key: path, size: bytes.byteLength, whole: true }, async (start, end) => Buffer.from(bytes.subarray(start, end)), ports);
  } finally {
    await closeDemuxer();
    await remuxes.close();
    await door.close();
  }
}

/** `maxRemuxBytes` 0: a source without an index is cut by time, and FFmpeg reads it through the door. */
export async function planFile(path: string, maxRemuxBytes?: number): Promise<PlannedFile> {
  const look = await lookAtFile(path, maxRemuxBytes);
  if (!look.accepted) throw new Error(`${path}: ${JSON.stringify(look.reasons)}`);
  return { bytes: await readFile(path), facts: look.facts, plan: planOf(look.facts) };
}
