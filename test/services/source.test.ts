import { expect } from "chai";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { findErrorCode } from "../../config/errors.ts";
import type { SourceRef, Upload } from "../../services/source/source.contract.ts";
import { startSourceBroker, type SourceBroker } from "../support/source-broker.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

const KiB = 1024;
const SIZE = 3 * 1024 * KiB + 4321;
const content = randomBytes(SIZE);

interface Failure { code: string | undefined; message: string; data: unknown }

describe("source service", () => {
  let origin: TestOrigin;
  let node: SourceBroker;

  beforeEach(async () => {
    origin = await startOrigin({ files: { "/a.mp4": content } });
    node = await startSourceBroker({ allow: [origin.hostPort] });
  });
  afterEach(async () => {
    await node.stop();
    await origin.stop();
  });

  const at = (path: string): SourceRef => ({ kind: "url", url: origin.url + path });
  const failureOf = async (work: Promise<unknown>): Promise<Failure | undefined> =>
    work.then(() => undefined, (error: Error & { data?: unknown }) => ({ code: findErrorCode(error), message: error.message, data: error.data }));
  const check = (url: string) => failureOf(node.broker.call("source.check", { url }));
  const readWell = async (source: SourceRef): Promise<void> => {
    const facts = await node.open(source);
    expect(facts.size).to.equal(SIZE);
    expect((await node.readAll(source, facts)).equals(content)).to.equal(true);
  };

  describe("check", () => {
    it("passes an allowed origin and refuses its neighbours, all in the same words", async () => {
      expect(await check(`${origin.url}/a.mp4`)).to.equal(undefined);
      const refusals = await Promise.all(["http://127.0.0.1/", "http://localhost/", "http://10.0.0.1:22/", "http://nowhere.example/", "http://[::1]/"].map(check));
      for (const refusal of refusals) expect(refusal).to.deep.equal(refusals[0]).and.include({ code: "source_refused" });
    });

    it("gives one text to all spellings of an address, and another to what is asked for otherwise", async () => {
      const port = new URL(origin.url).port;
      const nameOf = async (url: string): Promise<string> => (await node.broker.call<{ url: string }, object>("source.check", { url })).url;
      for (const url of [`${origin.url}/a.mp4`, `HTTP://127.0.0.1:${port}/a.mp4#t=90`, `http://127.1:0${port}/b/../a.mp4`]) expect(await nameOf(url), url).to.equal(`${origin.url}/a.mp4`);
      for (const path of ["/A.mp4", "/a.mp4?v=2", "/%61.mp4", "//a.mp4"]) expect(await nameOf(origin.url + path), path).to.equal(origin.url + path);
    });

    it("says what is wrong with a URL that is none", async () => {
      expect(await check("ftp://example.org/a")).to.deep.include({ code: "bad_url", message: "The URL must start with http: or https:." });
    });
  });

  describe("open", () => {
    it("tells size, type and version after one request, which has brought the first block along", async () => {
      const facts = await node.open(at("/a.mp4"));
      expect(facts).to.deep.include({ size: SIZE, contentType: "video/mp4" });
      expect((await node.read(at("/a.mp4"), facts.version, 0, 100 * KiB)).equals(content.subarray(0, 100 * KiB))).to.equal(true);
      expect(origin.stats.log.map(({ range }) => range)).to.deep.equal(["bytes=0-262143"]);
    });

    it("is one request for all who open at the same time or shortly after", async () => {
      await Promise.all([node.open(at("/a.mp4")), node.open(at("/a.mp4#t=5")), node.open(at("/a.mp4"))]);
      await node.open(at("/a.mp4"));
      expect(origin.stats.requests).to.equal(1);
    });

    it("knows an empty file", async () => {
      origin.put("/empty", Buffer.alloc(0));
      expect((await node.open(at("/empty"))).size).to.equal(0);
      origin.behave("/empty-whole", { ranges: false });
      origin.put("/empty-whole", Buffer.alloc(0));
      expect((await node.open(at("/empty-whole"))).size).to.equal(0);
    });

    it("refuses a file over the limit", async () => {
      const small = await startSourceBroker({ allow: [origin.hostPort], maxBytes: SIZE - 1 });
      try {
        expect(await failureOf(small.open(at("/a.mp4")))).to.deep.include({ code: "source_too_large" });
        origin.put("/chunked", content);
        origin.behave("/chunked", { ranges: false, chunked: true });
        expect(await failureOf(small.open(at("/chunked")))).to.deep.include({ code: "source_too_large" });
      } finally {
        await small.stop();
      }
    });
  });

  describe("read", () => {
    it("gives every byte of a good origin, asking for each once", async () => {
      await readWell(at("/a.mp4"));
      await readWell(at("/a.mp4"));
      expect(origin.stats.bytes).to.equal(SIZE);
    });

    it("asks for a few blocks only when a few bytes are wanted", async () => {
      const facts = await node.open(at("/a.mp4"));
      await node.read(at("/a.mp4"), facts.version, SIZE - 100, SIZE);
      await node.read(at("/a.mp4"), facts.version, 1024 * KiB, 1024 * KiB + 10);
      expect(origin.stats.bytes).to.be.below(3 * 256 * KiB);
    });

    it("gives less at the end of the file and nothing behind it", async () => {
      const facts = await node.open(at("/a.mp4"));
      expect((await node.read(at("/a.mp4"), facts.version, SIZE - 10, SIZE + 10)).equals(content.subarray(-10))).to.equal(true);
      expect(await node.read(at("/a.mp4"), facts.version, SIZE, SIZE + 10)).to.have.length(0);
      expect(await failureOf(node.read(at("/a.mp4"), facts.version, 0, 4 * 1024 * KiB + 1))).to.deep.include({ code: "bad_request" });
    });

    it("works on a node that did not open the source, by the version alone", async () => {
      const { version } = await node.open(at("/a.mp4"));
      const other = await startSourceBroker({ allow: [origin.hostPort] });
      try {
        origin.resetStats();
        expect((await other.read(at("/a.mp4"), version, 700_000, 800_000)).equals(content.subarray(700_000, 800_000))).to.equal(true);
        expect(origin.stats.log.map(({ range, headers }) => [range, headers["if-range"] !== undefined])).to.deep.equal([["bytes=524288-1048575", true]]);
      } finally {
        await other.stop();
      }
    });

    it("uses few connections, and those again", async () => {
      const facts = await node.open(at("/a.mp4"));
      await Promise.all(Array.from({ length: 12 }, (_, n) => node.read(at("/a.mp4"), facts.version, n * 256 * KiB, n * 256 * KiB + 10)));
      expect(origin.stats.maxConcurrent).to.be.at.most(6);
      expect(origin.stats.connections).to.be.at.most(6);
    });

    it("notices that the file is another one", async () => {
      for (const [path, behaviour] of [
        ["/etag", { etag: '"2"' }],
        ["/modified", { etag: false, lastModified: "Tue, 03 Nov 2026 08:00:00 GMT" }],
      ] as const) {
        origin.put(path, content);
        if ("lastModified" in behaviour) origin.behave(path, { etag: false });
        const facts = await node.open(at(path));
        origin.behave(path, behaviour);
        expect(await failureOf(node.read(at(path), facts.version, 2_000_000, 2_000_100)), path).to.deep.include({ code: "source_changed" });
      }
    });

    it("notices another size where size is all there is", async () => {
      origin.put("/bare", content);
      origin.behave("/bare", { etag: false, lastModified: false });
      const facts = await node.open(at("/bare"));
      origin.put("/bare", content.subarray(0, SIZE - 1));
      expect(await failureOf(node.read(at("/bare"), facts.version, 2_000_000, 2_000_100))).to.deep.include({ code: "source_changed" });
      origin.put("/bare", content.subarray(0, 1000));
      expect(await failureOf(node.read(at("/bare"), facts.version, 2_000_000, 2_000_100))).to.deep.include({ code: "source_changed" });
    });
  });

  describe("and an origin that", () => {
    const put = (behaviour: Parameters<TestOrigin["behave"]>[1]): SourceRef => {
      origin.put("/odd", content);
      origin.behave("/odd", behaviour);
      return at("/odd");
    };

    it("serves no ranges: is read through once", async () => {
      await readWell(put({ ranges: false }));
      expect(origin.stats.requests).to.equal(1);
      expect(origin.stats.bytes).to.equal(SIZE);
    });

    it("serves no ranges: gives the last block to one who asks for it first", async () => {
      const source = put({ ranges: false });
      const facts = await node.open(source);
      expect((await node.read(source, facts.version, SIZE - 100, SIZE)).equals(content.subarray(-100))).to.equal(true);
      expect(origin.stats.requests).to.equal(1);
    });

    it("says no size: is read through before it is open", async () => {
      await readWell(put({ ranges: false, chunked: true }));
      expect(origin.stats.requests).to.equal(1);
    });

    it("gives shorter ranges than asked for", async () => {
      await readWell(put({ maxRange: 600 * KiB }));
      expect(await failureOf(node.open(put({ maxRange: 100 * KiB })))).to.equal(undefined);
    });

    it("cuts the connection now and then: is asked for the rest", async () => {
      await readWell(put({ cutAt: 0.5, cuts: 3 }));
    });

    it("serves no ranges and cuts the connection: is read again, and nothing is given twice", async () => {
      await readWell(put({ ranges: false, cutAt: 0.5, cuts: 1 }));
      expect(origin.stats.requests).to.equal(2);
    });

    it("always cuts, stalls, drips or fails: is given up after three attempts", async () => {
      for (const behaviour of [{ cutAt: 0 }, { stallAt: 0 }, { status: 500 }, { delayMs: 3000 }]) {
        const source = put(behaviour);
        origin.resetStats();
        const facts = await failureOf(node.open(source).then(({ version }) => node.read(source, version, 0, 10)));
        expect(facts, JSON.stringify(behaviour)).to.deep.include({ code: "source_unreachable" });
        expect(origin.stats.requests, JSON.stringify(behaviour)).to.be.within(3, 4);
      }
    }).timeout(15_000);

    it("drips: is given up though bytes keep coming", async () => {
      const source = put({ dripBytesPerSec: 1000 });
      const facts = await node.open(source);
      expect(await failureOf(node.read(source, facts.version, 0, 10))).to.deep.include({ code: "source_unreachable" });
    }).timeout(10_000);

    it("fails at first: is asked again, no sooner than it says", async () => {
      const source = put({ status: 503, times: 1, retryAfter: "1" });
      const started = performance.now();
      await readWell(source);
      expect(performance.now() - started).to.be.above(900);
    });

    it("asks for a longer wait than we have: is left alone", async () => {
      expect(await failureOf(node.open(put({ status: 429, retryAfter: "3600" })))).to.deep.include({ code: "source_unreachable", data: { status: 429, retryAfterSec: 3600 } });
      expect(origin.stats.requests).to.equal(1);
    });

    it("refuses: is not asked again", async () => {
      for (const status of [401, 403, 404, 410, 451]) {
        origin.resetStats();
        expect(await failureOf(node.open(put({ status })))).to.deep.equal({ code: "source_refused", message: `The origin refuses the file (HTTP ${status}).`, data: { status } });
        expect(origin.stats.requests).to.equal(1);
      }
    });

    it("compresses although asked not to: is not understood", async () => {
      expect(await failureOf(node.open(put({ gzip: true })))).to.deep.include({ code: "source_unreachable" });
    });

    it("lies about the range or the length: is not believed", async () => {
      expect(await failureOf(node.open(put({ contentRange: `bytes 5-10/${SIZE}` })))).to.deep.include({ code: "source_unreachable" });
      expect(await failureOf(node.open(put({ contentLength: 5 })))).to.deep.include({ code: "source_unreachable" });
    });

    it("changes the file half-way: is noticed", async () => {
      const source = put({ change: { after: 1, bytes: randomBytes(SIZE) } });
      const facts = await node.open(source);
      expect(await failureOf(node.readAll(source, facts))).to.deep.include({ code: "source_changed" });
    });
  });

  describe("uploads", () => {
    it("are received, opened and read like any source", async () => {
      const upload = await node.broker.call<Upload, object>("source.receive", { bytes: SIZE }, { stream: Readable.from([content.subarray(0, 1_000_000), content.subarray(1_000_000)]) });
      expect(upload).to.deep.include({ size: SIZE, sha256: createHash("sha256").update(content).digest("hex") });
      const source: SourceRef = { kind: "upload", uploadId: upload.uploadId };
      await readWell(source);
      expect(await node.broker.call("source.upload", { uploadId: upload.uploadId })).to.deep.equal(upload);
      expect(await failureOf(node.read(source, "1 upload x", 0, 10))).to.deep.include({ code: "source_changed" });
    });

    it("that are not there are not found", async () => {
      const uploadId = "0".repeat(26);
      expect(await failureOf(node.broker.call("source.upload", { uploadId }))).to.deep.include({ code: "upload_not_found" });
      expect(await failureOf(node.open({ kind: "upload", uploadId }))).to.deep.include({ code: "upload_incomplete" }); // who opens one knows that it was there
    });

    it("without bytes are refused", async () => {
      expect(await failureOf(node.broker.call("source.receive", {}, { stream: Readable.from([]) }))).to.deep.include({ code: "upload_empty" });
      expect(await failureOf(node.broker.call("source.receive", {}))).to.deep.include({ code: "bad_request" });
      expect(node.objects.size).to.equal(0);
    });
  });

  it("forgets a source so that it is fetched anew", async () => {
    await readWell(at("/a.mp4"));
    await node.broker.call("source.forget", { source: at("/a.mp4") });
    origin.resetStats();
    await readWell(at("/a.mp4"));
    expect(origin.stats.bytes).to.equal(SIZE);
  });

  it("counts bytes by where they were and requests by what came of them", async () => {
    const metered = await startSourceBroker({ allow: [origin.hostPort], metrics: true });
    try {
      const facts = await metered.open(at("/a.mp4"));
      await metered.readAll(at("/a.mp4"), facts);
      await metered.read(at("/a.mp4"), facts.version, 0, 10);
      const { metrics } = metered.broker;
      const value = (name: string, labels: Record<string, string>): unknown => metrics.getMetric(name)?.get(labels);
      expect(value("lectern_source_requests_total", { outcome: "part" })).to.deep.include({ value: origin.stats.requests });
      expect(value("lectern_source_bytes_total", { from: "origin" })).to.deep.include({ value: SIZE });
    } finally {
      await metered.stop();
    }
  });
});
