/** The blocks of a source that another node of the region has, or is fetching, come from there and not from the origin. */
import { errorMessage, findErrorCode } from "../../../config/errors.ts";
import type { Deliver, Supply } from "../blocks/block-reader.ts";
import { BLOCK_BYTES } from "../blocks/blocks.ts";
import type { GroupOwners } from "./group-owners.ts";

/** Blocks that belong together: one read of a few megabytes. */
export const GROUP_BLOCKS = 16;

export interface RegionSupplyOptions {
  /** Names the source and its version in the region. */
  sourceId: string;
  /** From the origin, by this node. */
  own: Supply;
  owners: GroupOwners;
  /** Blocks `first` to `last` (inclusive, of one group) from that node, in one piece. */
  ask: (node: string, first: number, last: number) => Promise<Buffer>;
  note: (reason: string) => void;
}

interface Run { owner: string | undefined; first: number; last: number }

/** What the origin has said of the source holds for everybody; and what is on its way to another node is not asked for twice. */
const FINAL = new Set(["source_changed", "source_refused", "source_pending"]);

export const groupOf = (block: number): number => Math.floor(block / GROUP_BLOCKS);

export function regionSupply({ sourceId, own, owners, ask, note }: RegionSupplyOptions): Supply {
  async function fetchRun({ owner, first, last }: Run, deliver: Deliver, isWanted: (n: number) => boolean): Promise<void> {
    if (owner === undefined) return await own.fetch(first, last, deliver, isWanted);
    let bytes: Buffer;
    try {
      bytes = await ask(owner, first, last);
    } catch (error) {
      if (FINAL.has(findErrorCode(error) ?? "")) throw error;
      note(`${owner} does not give what it has of a source: ${errorMessage(error)}`);
      await owners.takeOver(sourceId, groupOf(first));
      return await own.fetch(first, last, deliver, isWanted);
    }
    for (let n = first; n <= last; n++) {
      const at = (n - first) * BLOCK_BYTES;
      await deliver(n, Buffer.from(bytes.subarray(at, at + BLOCK_BYTES)), "region"); // a copy: one kept block must not keep all
    }
  }

  return {
    arrived: () => own.arrived?.(),
    async fetch(from, to, deliver, isWanted) {
      const groups = Array.from({ length: groupOf(to) - groupOf(from) + 1 }, (_, n) => groupOf(from) + n);
      const claimed = await owners.claim(sourceId, groups);
      const runs = joinRuns(from, to, claimed).flatMap((run) => trim(run, isWanted));
      const outcomes = await Promise.allSettled(runs.map((run) => fetchRun(run, deliver, isWanted)));
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    },
  };
}

/** Without the blocks at its ends that came meanwhile: of a file without ranges, or for somebody else. */
function trim({ owner, first, last }: Run, isWanted: (n: number) => boolean): Run[] {
  let [from, to] = [first, last];
  while (from <= to && !isWanted(from)) from++;
  while (to >= from && !isWanted(to)) to--;
  return from > to ? [] : [{ owner, first: from, last: to }];
}

/** Our own groups that are neighbours make one request; those of others stay one each. */
function joinRuns(first: number, last: number, owners: readonly (string | undefined)[]): Run[] {
  const runs: Run[] = [];
  for (const [n, owner] of owners.entries()) {
    const group = groupOf(first) + n;
    const run = { owner, first: Math.max(first, group * GROUP_BLOCKS), last: Math.min(last, (group + 1) * GROUP_BLOCKS - 1) };
    const before = runs.at(-1);
    if (before !== undefined && owner === undefined && before.owner === undefined) before.last = run.last;
    else runs.push(run);
  }
  return runs;
}
