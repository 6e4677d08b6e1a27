/**
 * How a segment travels from the cache to whom it is for: whole, or as it is made. On one node it goes by reference; to
 * another as a message while it surely fits one, else as a stream (see `byte-reply`).
 */
import { Readable } from "node:stream";
import type { Context } from "moleculer";
import type { SegmentResult, Tier } from "../services/cache/cache.contract.ts";
import { growReply, isLocal, MAX_MESSAGE_BYTES } from "./byte-reply.ts";
import type { GrowingBytes } from "./growing-bytes.ts";
import type { Spent } from "./play-spent.ts";

/** `spent`: on its first bytes, where that is known; between nodes it goes by the call's meta. */
export type SegmentAnswer = (SegmentResult | { growing: GrowingBytes; tier: Tier }) & { spent?: Spent };

/** What an action returns for it; its caller unpacks that with `readSegment`. */
export function replySegment(ctx: Context<unknown>, answer: SegmentAnswer): SegmentAnswer | Readable {
  if (isLocal(ctx)) return answer;
  if ("growing" in answer) return Readable.from(answer.growing, { objectMode: false });
  return answer.bytes.byteLength <= MAX_MESSAGE_BYTES ? answer : Readable.from([answer.bytes], { objectMode: false });
}

/** @param silenceMs how long the next bytes of a stream may take */
export function readSegment(reply: SegmentAnswer | Readable, silenceMs: number): SegmentAnswer {
  return reply instanceof Readable ? { growing: growReply(reply, silenceMs), tier: "made" } : reply;
}

/** All of it. @throws what made it fail half-way */
export async function wholeSegment(answer: SegmentAnswer): Promise<SegmentResult> {
  return { bytes: "growing" in answer ? await answer.growing.whole() : answer.bytes, tier: answer.tier };
}
