import { expect } from "chai";
import type { SourceRef } from "../../services/source/source.contract.ts";
import { rejection } from "../support/rejection.ts";
import { startSourceBroker, type SourceBroker } from "../support/source-broker.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

const content = Buffer.alloc(1_000, "lectern");
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();

describe("source service and an origin that says Retry-After", () => {
  let origin: TestOrigin;
  let node: SourceBroker;
  let source: SourceRef;

  beforeEach(async () => {
    origin = await startOrigin({ files: { "/a.mp4": content } });
    node = await startSourceBroker({ allow: [origin.hostPort], limits: { headersMs: 10_000, retryAfterMaxMs: 2_500 } });
    source = { kind: "url", url: `${origin.url}/a.mp4` };
  });
  afterEach(async () => {
    await node.stop();
    await origin.stop();
  });

  for (const status of [429, 503]) {
    it(`as a date, with ${status}: is asked again, no sooner than then`, async () => {
      const retryAfter = inSeconds(2);
      origin.behave("/a.mp4", { status, times: 1, retryAfter });
      expect((await node.open(source)).size).to.equal(content.length);
      expect(Date.now()).to.be.at.least(Date.parse(retryAfter));
      expect(origin.stats.requests).to.equal(2);
    });

    it(`for later than we wait, with ${status}: is asked once, and whoever asks hears when`, async () => {
      for (const [path, retryAfter] of [["/seconds", "3600"], ["/date", inSeconds(3600)]] as const) {
        await node.stop();
        node = await startSourceBroker({ allow: [origin.hostPort] }); // that knows nothing of the one before
        origin.resetStats();
        origin.behave(path, { status, retryAfter });
        const error = await rejection(node.open({ kind: "url", url: origin.url + path }), retryAfter) as Error & { data: { retryAfterSec: number } };
        expect(error).to.deep.include({ type: "source_unreachable", message: `The origin answers ${status}.` });
        expect(error.data).to.include({ status });
        expect(error.data.retryAfterSec).to.be.within(3_000, 3_600);
        expect(origin.stats.requests).to.equal(1);
        const other = await rejection(node.open({ kind: "url", url: `${origin.url}/another` }), "the same host") as Error & { data: { retryAfterSec: number } };
        expect(other).to.deep.include({ type: "source_unreachable", message: "The origin asked to be left alone." });
        expect(other.data.retryAfterSec).to.be.within(30, 60);
        expect(origin.stats.requests).to.equal(1);
      }
    });
  }

  it("for the past, for nothing that can be read or for no time: is asked again all the same", async () => {
    for (const retryAfter of [inSeconds(-3600), "soon", "-5", "1.5", "0"]) {
      const path = `/${encodeURIComponent(retryAfter)}`;
      origin.put(path, content);
      origin.behave(path, { status: 503, times: 1, retryAfter });
      expect((await node.open({ kind: "url", url: origin.url + path })).size, retryAfter).to.equal(content.length);
    }
    expect(origin.stats.requests).to.equal(10);
  });

  it("is waited for by everybody who asks that host, also after who heard it has given up", async () => {
    const impatient = await startSourceBroker({ allow: [origin.hostPort], limits: { headersMs: 10_000, retryAfterMaxMs: 5_000, retries: 0 } });
    try {
      const retryAfter = inSeconds(2);
      origin.behave("/a.mp4", { status: 503, retryAfter });
      origin.put("/b.mp4", content);
      await rejection(impatient.open(source), "throttled");
      expect((await impatient.open({ kind: "url", url: `${origin.url}/b.mp4` })).size).to.equal(content.length);
      expect(Date.now()).to.be.at.least(Date.parse(retryAfter));
    } finally {
      await impatient.stop();
    }
  });
});
