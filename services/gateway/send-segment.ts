/** A segment as the answer to a request: whole, or as it is made. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { newId } from "../../config/new-id.ts";
import { readSegment, type SegmentAnswer } from "../../mixins/segment-answer.ts";
import { isCancelled } from "../../mixins/cancelled.ts";
import type { SegmentName } from "../../media/media-names.ts";
import type { Tier } from "../cache/cache.contract.ts";
import { isOpen, type Exchange } from "./exchange.ts";
import { MEDIA_HEADERS } from "./play-headers.ts";
import { noteFirstPlay, timePlay } from "./play-timing.ts";
import { countPlayerWords } from "./player-words.ts";
import { describeProblem } from "./problem.ts";

/**
 * Longer than `delivery` waits for a plan or a segment, so that its own answer arrives. It sits on this node and tries
 * again by itself where that helps; trying again here as well would multiply the attempts.
 */
export const PLAY = { timeout: 40_000, retries: 0 };

/** A client that goes away before the segment is there says so to who makes it. */
export async function sendSegment(exchange: Exchange, asked: { id: string; rendition: string; segment: SegmentName }): Promise<void> {
  const isFirst = asked.segment === 0;
  countPlayerWords(exchange.metrics, exchange.req);
  try {
    await openSegment(exchange, asked, (tier) => { if (isFirst) noteFirstPlay(exchange, tier); });
  } catch (error) {
    if (isFirst && !exchange.res.headersSent && !isCancelled(error) && describeProblem(error, "").problem.status >= 500) noteFirstPlay(exchange, "failed");
    throw error;
  }
}

/** @param answered told where its first bytes were, before they go out */
async function openSegment(exchange: Exchange, asked: { id: string; rendition: string; segment: SegmentName }, answered: (tier: Tier) => void): Promise<void> {
  const { req, res, call } = exchange;
  const waiter = newId();
  let answer: SegmentAnswer | undefined;
  res.once("close", () => {
    const waits = answer === undefined || ("growing" in answer && answer.growing.isGrowing);
    if (waits) call("delivery.left", { waiter }).catch(() => undefined); // lost, it costs an encode that is finished
  });
  answer = readSegment(await call<Parameters<typeof readSegment>[0]>("delivery.segment", { ...asked, waiter }, PLAY), PLAY.timeout);
  if (!isOpen(res)) return;
  answered(answer.tier);
  const headers = { ...MEDIA_HEADERS, ...timePlay(exchange, "segment", answer.tier) };
  if ("bytes" in answer) {
    res.writeHead(200, { ...headers, "Content-Length": answer.bytes.byteLength });
    res.end(answer.bytes);
    return;
  }
  res.writeHead(200, headers);
  if (req.method === "HEAD") res.end();
  else await write(res, answer.growing);
}

/** @throws what the bytes fail with; the answer has begun then, and is broken off */
async function write(res: ServerResponse, bytes: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of bytes) {
    if (!isOpen(res)) return;
    if (!res.write(chunk)) await drained(res);
  }
  res.end();
}

/** Resolves when there is room again, or nobody is left to read. */
async function drained(res: ServerResponse): Promise<void> {
  const done = new AbortController();
  const until = (event: string): Promise<unknown> => once(res, event, { signal: done.signal });
  try {
    await Promise.race([until("drain"), until("close")].map((wait) => wait.catch(() => undefined)));
  } finally {
    done.abort();
  }
}
