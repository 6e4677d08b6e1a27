/** What the validator and the scheduler would make of a file that has an index. */
import { readFile } from "node:fs/promises";
import type { Facts } from "../../media/facts.ts";
import { planOf } from "../../media/plan-video.ts";
import type { Plan } from "../../media/plan.ts";
import { closeDemuxer, openDemuxer } from "../../mixins/demuxer/demuxer.ts";

export async function planFile(path: string): Promise<{ bytes: Buffer; facts: Facts; plan: Plan }> {
  const bytes = await readFile(path);
  const demuxer = openDemuxer();
  try {
    const inspection = await demuxer.inspect({ key: path, size: bytes.byteLength }, async (start, end) => Buffer.from(bytes.subarray(start, end)));
    if (inspection.outcome !== "facts") throw new Error(`${path}: ${inspection.outcome}`);
    return { bytes, facts: inspection.facts, plan: planOf(inspection.facts) };
  } finally {
    await closeDemuxer();
  }
}
