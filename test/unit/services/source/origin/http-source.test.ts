import { expect } from "chai";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findErrorCode } from "../../../../../config/errors.ts";
import { blockCache, type BlockCache } from "../../../../../services/source/blocks/block-cache.ts";
import { blockReader, type BlockReader } from "../../../../../services/source/blocks/block-reader.ts";
import { openDiskBlocks } from "../../../../../services/source/blocks/disk-blocks.ts";
import { httpSources, type HttpSources } from "../../../../../services/source/origin/http-source.ts";
import { ORIGIN_LIMITS } from "../../../../../services/source/origin/origin-limits.ts";
import { openOrigin, type Origin } from "../../../../../services/source/origin/origin.ts";
import { parseAllowedOrigins, type PostedUrl } from "../../../../../mixins/guarded-dial/public-url.ts";
import { SILENT_METER } from "../../../../../services/source/source-meter.ts";
import { eventually } from "../../../../support/eventually.ts";
import { startOrigin, type TestOrigin } from "../../../../support/test-origin.ts";

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const content = Buffer.alloc(700_000, "lectern");

describe("sources behind URLs", () => {
  let dir: string;
  let served: TestOrigin;
  let origin: Origin;
  let cache: BlockCache;
  let reader: BlockReader;
  let sources: HttpSources;
  let notes: string[];
  let fromOrigin: number;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "http-source-"));
    served = await startOrigin({ files: { "/a": content } });
    origin = openOrigin({ allowed: parseAllowedOrigins([served.hostPort]), resolve: async () => [], limits: ORIGIN_LIMITS, meter: SILENT_METER });
    cache = blockCache(await openDiskBlocks(dir, 2 ** 24, log));
    fromOrigin = 0;
    reader = blockReader(cache, { bytes: (from, count) => { fromOrigin += from === "origin" ? count : 0; } });
    notes = [];
    sources = httpSources({
      origin, reader, limits: { ...ORIGIN_LIMITS, backOffMs: 5 }, maxBytes: 2 ** 24, cacheBytes: 600_000, signal: new AbortController().signal,
      note: (url, reason) => void notes.push(`${url.pathname}: ${reason}`),
      keep: (key, n, bytes) => cache.put(key, n, bytes, true),
      drop: (key) => cache.forget(key),
    });
  });
  afterEach(async () => {
    await origin.close();
    await cache.close();
    await served.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const at = (path: string): PostedUrl => ({ url: new URL(served.url + path) });

  it("opened again, are not sent again while they are the same", async () => {
    const first = await sources.open(at("/a"), undefined);
    await reader.read(first, 0, 10);
    served.resetStats();
    expect(await sources.open(at("/a"), first)).to.equal(first);
    expect(served.stats).to.deep.include({ requests: 1, bytes: 0 });
  });

  it("opened again, are another version when they changed", async () => {
    const first = await sources.open(at("/a"), undefined);
    served.put("/a", Buffer.alloc(800_000, "changed"));
    const second = await sources.open(at("/a"), first);
    expect(second.version).to.not.equal(first.version);
    expect((await reader.read(second, 0, 7)).toString()).to.equal("changed");
  });

  it("opened again at an origin that knows neither ranges nor versions, are the same and are kept once", async () => {
    const small = content.subarray(0, 500_000);
    for (const chunked of [false, true]) {
      const path = `/small-${chunked}`;
      served.put(path, small);
      const bare = { ranges: false, etag: false, lastModified: false, chunked } as const;
      served.behave(path, bare);
      const first = await sources.open(at(path), undefined);
      expect((await reader.read(first, 0, small.length)).equals(small)).to.equal(true);
      const before = fromOrigin;
      if (!chunked) served.behave(path, { ...bare, stallAt: 0.6 }); // behind its beginning: whoever reads it again waits for long
      expect(await sources.open(at(path), first)).to.equal(first);
      await eventually(() => served.busy() === 0);
      expect((await reader.read(first, 0, small.length)).equals(small)).to.equal(true);
      expect(fromOrigin).to.equal(before);
      expect(await readdir(dir)).to.deep.equal([first.cacheKey]);
      await cache.forget(first.cacheKey);
    }
  });

  it("without ranges must fit into the cache, where alone they can be read twice", async () => {
    served.behave("/a", { ranges: false });
    const error = await sources.open(at("/a"), undefined).then(() => undefined, (failure: unknown) => failure);
    expect(findErrorCode(error)).to.equal("source_too_large");
  });

  it("note what went wrong in words that callers do not hear", async () => {
    served.behave("/a", { status: 502, times: 1 });
    await sources.open(at("/a"), undefined);
    expect(notes).to.deep.equal(["/a: answers 502"]);
  });
});
