/** Sources behind URLs: opening them, and what is known once they are open. */
import { randomUUID } from "node:crypto";
import { fail } from "../../../config/errors.ts";
import { countAttempts, OriginTrouble, type Attempts } from "./attempts.ts";
import type { BlockReader, Deliver, OpenedSource } from "../blocks/block-reader.ts";
import { BLOCK_BYTES, blockLength, blockOf, cutBlocks } from "../blocks/blocks.ts";
import { findHeader } from "./headers.ts";
import { deliverBody, httpSupply, readFirstBlock, type WholeReply } from "./http-supply.ts";
import type { OriginLimits } from "./origin-limits.ts";
import type { Origin, OriginReply } from "./origin.ts";
import type { PostedUrl } from "../../../mixins/guarded-dial/public-url.ts";
import type { GroupOwners } from "../region/group-owners.ts";
import { groupOf, regionSupply } from "../region/region-supply.ts";
import { addressKey, blocksKey } from "../source-keys.ts";
import { formatVersion, ifNewHeaders, parseVersion, readVersion, sampleVersion, type SourceVersion } from "../source-version.ts";

export interface HttpSources {
  /**
   * One request: it gives the size, the validators and the first block, which index readers want first.
   * @param known what it was when last opened, so that an unchanged file is not sent again
   * @throws source_refused, source_unreachable, source_too_large
   */
  open(posted: PostedUrl, known: OpenedSource | undefined): Promise<OpenedSource>;
  /** The source as another node opened it; nothing is asked yet. @throws source_changed for no such version */
  resume(posted: PostedUrl, version: string): OpenedSource;
}

/** The other nodes that read sources. */
export interface RegionPeers {
  owners: GroupOwners;
  /** Blocks `first` to `last` of a source from a node. @throws when it does not give all of them */
  ask(node: string, source: PostedUrl & { version: string; size: number }, first: number, last: number): Promise<Buffer>;
}

export interface HttpSourceOptions {
  origin: Origin;
  reader: BlockReader;
  limits: OriginLimits;
  maxBytes: number;
  /** What the block cache holds: a file that can only be read through must fit into it. */
  cacheBytes: number;
  note: (url: URL, reason: string) => void;
  onRetry?: () => void;
  /** Absent: this node stands alone. */
  region?: RegionPeers;
  signal: AbortSignal;
  /** Takes blocks of a file whose size is not known yet. */
  keep: (cacheKey: string, n: number, bytes: Buffer) => Promise<void>;
  /** Drops them again: the file did not come to its end. */
  drop: (cacheKey: string) => Promise<void>;
}

export function httpSources({ origin, reader, limits, maxBytes, cacheBytes, note, onRetry, region, signal, keep, drop }: HttpSourceOptions): HttpSources {
  const startAttempts = (url: URL, totalMs: number): Attempts => countAttempts(limits, totalMs, (reason) => note(url, reason), signal, onRetry);
  const attemptsFor = (url: URL, bytes: number): Attempts => startAttempts(url, limits.fetchMs + (bytes / limits.minBytesPerSec) * 1000);
  const firstBlock = { start: 0, end: BLOCK_BYTES };

  function describe(posted: PostedUrl, version: SourceVersion, { contentType, first, cacheKey, fresh = true }: { contentType?: string | undefined; first?: WholeReply; cacheKey?: string; fresh?: boolean } = {}): OpenedSource {
    const { url } = posted;
    const text = formatVersion(version);
    const sourceId = blocksKey(addressKey(url), text);
    const own = httpSupply({ origin, posted, version, attemptsFor, sampleAgainMs: limits.sampleAgainMs, passageMs: limits.passageMs, fresh }, first);
    return {
      cacheKey: cacheKey ?? sourceId,
      size: version.size,
      version: text,
      contentType,
      supply: region === undefined ? own : regionSupply({ sourceId, own, owners: region.owners, ask: (node, from, to) => region.ask(node, { ...posted, version: text, size: version.size }, from, to), note: (reason) => note(url, reason) }),
      ownSupply: own,
      keepOnDisk: true,
      readAhead: origin.mayReadAhead(url),
      flights: new Map(),
      cursors: [],
    };
  }

  /** What comes along with an opening, the others need not fetch. */
  async function claim(source: OpenedSource, url: URL, lastBlock: number): Promise<void> {
    await region?.owners.claim(blocksKey(addressKey(url), source.version), Array.from({ length: groupOf(lastBlock) + 1 }, (_, group) => group));
  }

  function checkSize(size: number, limit: number): void {
    if (size > limit) throw fail("source_too_large", `The source has ${size} bytes; ${limit} are allowed.`, { bytes: size, limit });
  }

  /** A file that says its size only by ending: all of it is read before it is open. */
  async function readThrough(posted: PostedUrl, reply: WholeReply): Promise<OpenedSource> {
    const limit = Math.min(maxBytes, cacheBytes);
    const cacheKey = blocksKey(addressKey(posted.url), randomUUID());
    let [n, size] = [0, 0];
    let firstBlock: Buffer = Buffer.alloc(0);
    try {
      for await (const block of cutBlocks(reply.body, Number.MAX_SAFE_INTEGER)) {
        if (n === 0) firstBlock = block;
        size += block.length;
        checkSize(size, limit);
        await keep(cacheKey, n++, block);
      }
    } catch (error) {
      await drop(cacheKey);
      throw error;
    }
    const told = readVersion(reply.headers, size);
    const version = told.kind === "none" ? sampleVersion(size, firstBlock) : told;
    const source = describe(posted, version, { contentType: findHeader(reply.headers, "content-type"), cacheKey });
    if (size > 0) await claim(source, posted.url, blockOf(size - 1));
    return source;
  }

  /** The first block, out of the answer that opened the source if that works. */
  async function deliverFirst(url: URL, source: OpenedSource, body: AsyncIterable<Buffer>, deliver: Deliver): Promise<void> {
    let delivered = false;
    try {
      await deliverBody(body, 0, blockLength(0, source.size), async (n, bytes) => {
        delivered = true;
        await deliver(n, bytes);
      });
    } catch (error) {
      if (delivered) return; // what came behind the range is nobody's
      const attempts = attemptsFor(url, BLOCK_BYTES);
      await attempts.failed(error).finally(() => attempts.end());
      await source.ownSupply.fetch(0, 0, deliver, () => true);
    }
  }

  /** Without a validator, the file is known by its first block, which is waited for. */
  async function openSampled(posted: PostedUrl, reply: Extract<OriginReply, { kind: "part" }>, size: number, contentType: string | undefined, known: OpenedSource | undefined): Promise<OpenedSource> {
    const firstBlock = await readFirstBlock(reply, size);
    const source = describe(posted, sampleVersion(size, firstBlock), { contentType });
    if (source.version === known?.version) return known;
    void claim(source, posted.url, 0);
    await reader.deliverTo(source)(0, firstBlock);
    return source;
  }

  async function openReply(posted: PostedUrl, reply: OriginReply, known: OpenedSource | undefined): Promise<OpenedSource> {
    try {
      return await readReply(posted, reply, known);
    } catch (error) {
      if (reply.kind === "part" || reply.kind === "whole") reply.drop(); // unread, it would keep its connection for good
      throw error;
    }
  }

  async function readReply(posted: PostedUrl, reply: OriginReply, known: OpenedSource | undefined): Promise<OpenedSource> {
    const { url } = posted;
    const contentType = findHeader(reply.headers, "content-type");
    switch (reply.kind) {
      case "unchanged":
        if (known === undefined) throw new OriginTrouble("answers 304 to a first request");
        return known;
      case "outside": // nothing lies at byte 0
        if (reply.total !== 0) throw new OriginTrouble("answers 416 to the first range");
        return describe(posted, readVersion(reply.headers, 0), { contentType });
      case "part": {
        checkSize(reply.total, maxBytes);
        const told = readVersion(reply.headers, reply.total);
        const hasFirstBlock = reply.total > 0 && reply.end >= blockLength(0, reply.total);
        if (told.kind === "none" && hasFirstBlock) return await openSampled(posted, reply, reply.total, contentType, known);
        const source = describe(posted, told, { contentType });
        if (!hasFirstBlock) reply.drop(); // the origin gives shorter ranges than asked for
        else {
          void claim(source, url, 0);
          reader.expect(source, 0, 0, (deliver) => deliverFirst(url, source, reply.body, deliver));
        }
        return source;
      }
      case "whole": {
        if (reply.size === undefined) return await readThrough(posted, reply);
        checkSize(reply.size, Math.min(maxBytes, cacheBytes));
        const told = readVersion(reply.headers, reply.size);
        const body = told.kind === "none" && reply.size > 0 ? await peelFirstBlock(reply.body, reply.size) : undefined;
        const version = body === undefined ? told : sampleVersion(reply.size, body.firstBlock);
        if (formatVersion(version) === known?.version) {
          reply.drop(); // an origin that knows no conditions: what is known need not be read again
          return known;
        }
        const source = describe(posted, version, { contentType, first: body === undefined ? reply : { ...reply, body: body.all } });
        if (reply.size > 0) {
          await claim(source, url, blockOf(reply.size - 1)); // all of it comes here
          reader.expect(source, 0, 0, (deliver) => source.ownSupply.fetch(0, 0, deliver, () => true));
        }
        return source;
      }
      default:
        return reply satisfies never;
    }
  }

  return {
    async open(posted, known) {
      const attempts = startAttempts(posted.url, limits.openMs);
      try {
        for (;;) {
          try {
            const conditions = known === undefined ? {} : ifNewHeaders(parseVersion(known.version));
            const source = await openReply(posted, await origin.get(posted, firstBlock, conditions, attempts.signal), known);
            if (source.version !== known?.version) return source;
            if (source.cacheKey !== known.cacheKey) await drop(source.cacheKey); // read through, only to find the same
            return known;
          } catch (error) {
            await attempts.failed(error);
          }
        }
      } finally {
        attempts.end();
      }
    },
    resume: (posted, version) => describe(posted, parseVersion(version), { fresh: false }),
  };
}

/** A body's first block, and the body as if nothing had been taken. @throws OriginTrouble when it ends before */
async function peelFirstBlock(body: AsyncIterable<Buffer>, size: number): Promise<{ firstBlock: Buffer; all: AsyncIterable<Buffer> }> {
  const pieces = body[Symbol.asyncIterator]();
  const taken: Buffer[] = [];
  let bytes = 0;
  while (bytes < blockLength(0, size)) {
    const { done, value } = await pieces.next();
    if (done === true) throw new OriginTrouble("ends the file early");
    taken.push(value);
    bytes += value.length;
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield* taken;
    yield* { [Symbol.asyncIterator]: () => pieces };
  }
  return { firstBlock: Buffer.concat(taken).subarray(0, blockLength(0, size)), all: all() };
}
