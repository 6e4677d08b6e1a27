import { expect } from "chai";
import { blockCache } from "../../../../services/source/blocks/block-cache.ts";
import { blockReader, type OpenedSource } from "../../../../services/source/blocks/block-reader.ts";
import type { SourceRef } from "../../../../services/source/source.contract.ts";
import { openSources, type Sources } from "../../../../services/source/sources.ts";
import { uploadArrivals } from "../../../../services/source/uploads/upload-arrivals.ts";
import { uploadSources } from "../../../../services/source/uploads/upload-sources.ts";
import { memoryUploadStore } from "../../../support/memory-upload-store.ts";
import { mockClock, settle, type MockClock } from "../../../support/mock-clock.ts";

const source: SourceRef = { kind: "url", url: "http://a.example/a.mp4" };

describe("open sources", () => {
  let clock: MockClock;
  let openings: (PromiseWithResolvers<OpenedSource> & { known: OpenedSource | undefined })[];
  let sources: Sources;

  beforeEach(() => {
    clock = mockClock();
    openings = [];
    const disk = { has: () => false, get: async () => undefined, put: async () => undefined, isUsable: () => true, forget: async () => undefined, size: () => 0, close: async () => undefined };
    const cache = blockCache(disk);
    const { store } = memoryUploadStore();
    const arrivals = uploadArrivals(store);
    sources = openSources({
      http: {
        open(_url, known) {
          const opening = { ...Promise.withResolvers<OpenedSource>(), known };
          openings.push(opening);
          return opening.promise;
        },
        resume: () => opened("1"),
      },
      uploads: uploadSources(store, arrivals, false), arrivals, cache,
      reader: blockReader(cache, { bytes: () => undefined }),
      parse: ({ url }) => ({ url: new URL(url) }),
    });
  });
  afterEach(() => clock.restore());

  const nothing = { fetch: async () => undefined };
  const opened = (version: string): OpenedSource => ({ cacheKey: "s.v", size: 1, version, contentType: undefined, readAhead: true, keepOnDisk: false, flights: new Map(), cursors: [], supply: nothing, ownSupply: nothing });

  it("are opened once for all who come while that goes on, however long it takes, and shortly after", async () => {
    const first = sources.open(source);
    await clock.advance(60_000);
    const second = sources.open(source);
    await settle();
    expect(openings).to.have.length(1);
    openings[0]?.resolve(opened("1"));
    expect([(await first).version, (await second).version]).to.deep.equal(["1", "1"]);
    await clock.advance(9_000);
    await sources.open(source);
    expect(openings).to.have.length(1);
  });

  it("are looked at again after a while, with what is known of them", async () => {
    const first = sources.open(source);
    await settle();
    openings[0]?.resolve(opened("1"));
    await first;
    await clock.advance(11_000);
    const second = sources.open(source);
    await settle();
    expect(openings.map(({ known }) => known?.version)).to.deep.equal([undefined, "1"]);
    openings[1]?.resolve(opened("2"));
    expect((await second).version).to.equal("2");
  });

  it("are tried again by whoever comes after a failure", async () => {
    const first = sources.open(source).then(() => "opened", (error: Error) => error.message);
    await settle();
    openings[0]?.reject(new Error("no"));
    expect(await first).to.equal("no");
    void sources.open(source);
    await settle();
    expect(openings).to.have.length(2);
  });
});
