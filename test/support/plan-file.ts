/** What the validator and the scheduler make of a file. */
import { readFile } from "node:fs/promises";
import { ServiceBroker } from "moleculer";
import type { Facts } from "../../media/facts.ts";
import { planOf } from "../../media/plan-video.ts";
import type { Plan } from "../../media/plan.ts";
import { closeDemuxer, openDemuxer } from "../../mixins/demuxer/demuxer.ts";
import { openSourceDoor, type DoorSource } from "../../mixins/source-door.ts";
import { probe } from "../../services/validator/probe.ts";

export interface PlannedFile { bytes: Buffer; facts: Facts; plan: Plan }

export async function planFile(path: string): Promise<PlannedFile> {
  const bytes = await readFile(path);
  const source: DoorSource = { size: bytes.byteLength, read: async (start, end) => Buffer.from(bytes.subarray(start, end)) };
  const facts = (await inspectIndex(path, source)) ?? (await probeFile(path, source));
  return { bytes, facts, plan: planOf(facts) };
}

async function inspectIndex(path: string, { size, read }: DoorSource): Promise<Facts | undefined> {
  const demuxer = openDemuxer();
  try {
    const inspection = await demuxer.inspect({ key: path, size }, read);
    return inspection.outcome === "facts" ? inspection.facts : undefined;
  } finally {
    await closeDemuxer();
  }
}

async function probeFile(path: string, source: DoorSource): Promise<Facts> {
  const door = await openSourceDoor(new ServiceBroker({ logger: false }).logger);
  try {
    const probed = await probe(door.open(source).url, source.size, "ffprobe");
    if (probed.outcome !== "facts") throw new Error(`${path}: ${probed.outcome}`);
    return probed.facts;
  } finally {
    await door.close();
  }
}
