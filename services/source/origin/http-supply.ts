/**
 * The blocks of a source behind a URL. An origin that serves ranges is asked for the blocks that are wanted; one that
 * does not is read through once, from the start, and every block it sends is kept.
 */
import { fail } from "../../../config/errors.ts";
import { OriginTrouble, type Attempts } from "./attempts.ts";
import type { Deliver, Supply } from "../blocks/block-reader.ts";
import { BLOCK_BYTES, blockLength, blockOf, cutBlocks } from "../blocks/blocks.ts";
import type { Origin, OriginReply } from "./origin.ts";
import type { PostedUrl } from "../../../mixins/guarded-dial/public-url.ts";
import type { LackData } from "../source.contract.ts";
import { ifRangeHeaders, isSameVersion, sampleVersion, type SourceVersion } from "../source-version.ts";

export type WholeReply = Extract<OriginReply, { kind: "whole" }>;

export interface SupplyOptions {
  origin: Origin;
  posted: PostedUrl;
  version: SourceVersion;
  /** For fetching so many bytes. */
  attemptsFor: (url: URL, bytes: number) => Attempts;
  sampleAgainMs: number;
  passageMs: number;
  /** It has just been opened, so what a sample says holds. */
  fresh: boolean;
}

const RETRY_AFTER_SEC = 2;

interface Passage { readonly next: number; readonly done: Promise<void>; waiting: number }

/** @param first the whole file, already on its way: the origin serves no ranges */
export function httpSupply({ origin, posted, version, attemptsFor, sampleAgainMs, passageMs, fresh }: SupplyOptions, first?: WholeReply): Supply {
  const lastBlock = blockOf(version.size - 1);
  let waiting: WholeReply | undefined = first;
  let servesRanges = first === undefined;
  /** The one reading through of a file without ranges; `next` is the block that comes next. */
  let passage: Passage | undefined;
  /** What a passage failed with while nobody waited for it. */
  let lost: unknown;

  let sampledAt = fresh ? performance.now() : -Infinity;

  function checkSample(firstBlock: Uint8Array): void {
    if (version.kind !== "sample") return;
    if (sampleVersion(version.size, firstBlock).value !== version.value) throw changed();
    sampledAt = performance.now();
  }

  /** Looks at the beginning again where nothing else would tell that the file has changed. */
  async function sampleAgain(signal: AbortSignal): Promise<void> {
    if (version.kind !== "sample" || performance.now() - sampledAt < sampleAgainMs) return;
    const reply = await ask(0, 0, signal);
    if (reply.kind !== "part" && reply.kind !== "whole") throw new OriginTrouble("answers 304 to no condition");
    checkSample(await readFirstBlock(reply, version.size));
  }

  async function ask(fromBlock: number, toBlock: number, signal: AbortSignal): Promise<OriginReply> {
    const range = { start: fromBlock * BLOCK_BYTES, end: endOf(toBlock) };
    const reply = await origin.get(posted, range, ifRangeHeaders(version), signal);
    const size = reply.kind === "part" || reply.kind === "outside" ? reply.total : reply.kind === "whole" ? reply.size : undefined;
    if (reply.kind === "outside" || !isSameVersion(version, reply.headers, size)) {
      if (reply.kind === "part" || reply.kind === "whole") reply.drop();
      throw changed();
    }
    return reply;
  }

  const endOf = (n: number): number => n * BLOCK_BYTES + blockLength(n, version.size);

  /** Fetches `from` to `to` by ranges. @returns the whole file, when that is what the origin sends instead */
  async function fetchRanges(from: number, to: number, deliver: Deliver): Promise<WholeReply | undefined> {
    const attempts = attemptsFor(posted.url, endOf(to) - from * BLOCK_BYTES);
    let next = from;
    try {
      for (;;) {
        try {
          await sampleAgain(attempts.signal);
          const reply = await ask(next, to, attempts.signal);
          if (reply.kind === "whole") return reply;
          if (reply.kind !== "part") throw new OriginTrouble("answers 304 to no condition");
          const before = next;
          await deliverBody(reply.body, next, reply.end - next * BLOCK_BYTES, async (n, bytes) => {
            if (bytes.length !== blockLength(n, version.size)) return; // the origin gives shorter ranges than asked for
            await deliver(n, bytes);
            next = n + 1;
            attempts.progressed();
          });
          if (next > to) return undefined;
          if (next === before) throw new OriginTrouble("gives less than a block at a time");
        } catch (error) {
          if (next > to) return undefined; // what came behind the range is nobody's
          await attempts.failed(error);
        }
      }
    } finally {
      attempts.end();
    }
  }

  /** The body of the whole file; an origin that has come to serve ranges may call it a part. */
  function takeWhole(reply: OriginReply): AsyncIterable<Buffer> {
    if (reply.kind === "whole") return reply.body;
    if (reply.kind === "part") {
      servesRanges = true;
      if (reply.end === version.size) return reply.body;
      reply.drop();
    }
    throw new OriginTrouble("serves ranges only sometimes");
  }

  async function readPassage(progress: { next: number }, reply: WholeReply | undefined, deliver: Deliver): Promise<void> {
    const attempts = attemptsFor(posted.url, version.size);
    try {
      for (let current = reply; progress.next <= lastBlock; current = undefined) {
        try {
          const body = current?.body ?? takeWhole(await ask(0, lastBlock, attempts.signal));
          let n = 0;
          for await (const block of cutBlocks(body, version.size)) {
            if (n === 0) checkSample(block);
            // Blocks that came before an interruption are not given out twice.
            if (n === progress.next && block.length === blockLength(n, version.size)) {
              progress.next += 1;
              attempts.progressed();
              await deliver(n, block);
            }
            n += 1;
          }
          if (progress.next <= lastBlock) throw new OriginTrouble("ends the file early");
        } catch (error) {
          await attempts.failed(error);
        }
      }
    } finally {
      attempts.end();
    }
  }

  function begin(reply: WholeReply | undefined, deliver: Deliver): Passage {
    const progress = { next: 0 };
    const done = readPassage(progress, reply, deliver).finally(() => { passage = undefined; });
    const mine: Passage = { get next() { return progress.next; }, done, waiting: 0 };
    done.catch((error: unknown) => {
      if (mine.waiting === 0) lost = error; // whoever wants a block of it next hears of it
    });
    return mine;
  }

  /** Waits for the passage to come to its end, or, for some time, to block `from`. @throws source_pending */
  async function passThrough(reply: WholeReply | undefined, from: number, deliver: Deliver): Promise<void> {
    if (passage !== undefined) reply?.drop();
    else if (lost !== undefined) {
      const error = lost;
      lost = undefined;
      reply?.drop();
      throw error;
    }
    const current = (passage ??= begin(reply, deliver));
    const isPast = current.next > from;
    current.waiting++;
    try {
      if (!(await within(passageMs, current.done))) throw pending(current.next, Math.max(from, current.next));
    } finally {
      current.waiting--;
    }
    if (isPast) await passThrough(undefined, from, deliver); // it has come and was lost again
  }

  function pending(next: number, wanted: number): Error {
    const [arrived, needed] = [Math.min(version.size, next * BLOCK_BYTES), endOf(Math.min(wanted, lastBlock))];
    const lack: LackData = { needed, arrived, retryAfterSec: RETRY_AFTER_SEC };
    return fail("source_pending", `The origin sends the file from its beginning only, and of its ${version.size} bytes ${arrived} have arrived.`, { ...lack });
  }

  return {
    arrived: () => (passage === undefined ? undefined : passage.next * BLOCK_BYTES),
    async fetch(from, to, deliver) {
      let whole = waiting;
      waiting = undefined;
      if (servesRanges) {
        whole = await fetchRanges(from, to, deliver);
        if (whole === undefined) return;
        servesRanges = false;
      }
      await passThrough(whole, from, deliver);
    },
  };
}

/** Whether `work` came to its end in that time. @throws what it fails with */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), ms);
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const changed = (): Error => fail("source_changed", "The source changed while it was being read.");

/** Of a reply that begins with it; the rest is not read. @throws OriginTrouble when the body ends before */
export async function readFirstBlock({ body, drop }: { body: AsyncIterable<Buffer>; drop(): void }, size: number): Promise<Buffer> {
  let first: Buffer | undefined;
  try {
    for await (const block of cutBlocks(body, Number.MAX_SAFE_INTEGER)) {
      if (first !== undefined) break;
      first = block; // and on to the end, if this was all: the connection can be used again then
    }
    if (first === undefined || first.length < blockLength(0, size)) throw new OriginTrouble("ends a range early");
    return first;
  } finally {
    drop();
  }
}

/**
 * Delivers a body that starts at the start of block `first` and is `length` bytes long.
 * @throws OriginTrouble when it is not: HTTP itself does not tell where nothing says how long a body is
 */
export async function deliverBody(body: AsyncIterable<Buffer>, first: number, length: number, deliver: Deliver): Promise<void> {
  let n = 0;
  for await (const block of cutBlocks(body, length)) {
    if (block.length !== blockLength(n, length)) break;
    await deliver(first + n, block);
    n += 1;
  }
  if (n * BLOCK_BYTES < length) throw new OriginTrouble("ends a range early");
}
