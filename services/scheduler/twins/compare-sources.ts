/** Whether the sources of two videos have the same bytes, as far as samples at places tell that nobody knew before. */
import { findErrorCode } from "../../../config/errors.ts";
import { BLOCK_BYTES, type DigestsParams, type DigestsResult } from "../../source/source.contract.ts";
import type { VideoState } from "../../videos/videos.contract.ts";
import { sampleBlocks, type Random } from "./sample-blocks.ts";

/** `unreadable`: the first one's source cannot be had any more, so nothing can be said. */
export type Comparison = "same" | "different" | "unreadable";
export interface ComparePorts { digests(params: DigestsParams): Promise<DigestsResult>; random: Random }

/** A megabyte at a time: files that differ mostly show it in the first. */
const AT_ONCE = 4;
/** What is the source's own fault, and not one of the mesh. */
const UNREADABLE: readonly (string | undefined)[] = ["bad_url", "source_refused", "source_unreachable", "source_changed", "source_too_large", "upload_not_found", "upload_incomplete"];

/** Of videos with equal plans. @throws what keeps the second one's source from being read, and what is the mesh's own fault */
export async function compareSources(first: VideoState, second: VideoState, { digests, random }: ComparePorts): Promise<Comparison> {
  const versions = [versionOf(first), versionOf(second)] as const;
  if (first.record.identity === second.record.identity && versions[0] === versions[1]) return "same"; // asked for twice, with different policies
  const blocks = sampleBlocks(second.plan?.facts.size ?? 0, BLOCK_BYTES, random);
  for (let at = 0; at < blocks.length; at += AT_ONCE) {
    const ranges = blocks.slice(at, at + AT_ONCE);
    const [theirs, ours] = await Promise.allSettled([first, second].map(({ record: { source } }, i) => digests({ source, version: versions[i] ?? "", ranges })));
    if (ours?.status !== "fulfilled") throw ours?.reason;
    if (theirs?.status !== "fulfilled") {
      if (UNREADABLE.includes(findErrorCode(theirs?.reason))) return "unreadable";
      throw theirs?.reason;
    }
    if (theirs.value.digests.join() !== ours.value.digests.join()) return "different";
  }
  return "same";
}

function versionOf({ verdict }: VideoState): string {
  return verdict?.accepted === true ? verdict.sourceVersion : "";
}
