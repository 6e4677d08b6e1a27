/** Files of which the origin says neither ETag nor Last-Modified: their beginning tells them from others. */
import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { findErrorCode } from "../../config/errors.ts";
import type { SourceRef } from "../../services/source/source.contract.ts";
import { rejection } from "../support/rejection.ts";
import { startSourceBroker, type SourceBroker } from "../support/source-broker.ts";
import { startOrigin, type Behaviour, type TestOrigin } from "../support/test-origin.ts";

const KiB = 1024;
const before = randomBytes(2 * 1024 * KiB + 77);
const after = randomBytes(before.length);
const BARE: Behaviour = { etag: false, lastModified: false };

describe("source of a file without validators", () => {
  let origin: TestOrigin;
  let node: SourceBroker;
  const source = (): SourceRef => ({ kind: "url", url: `${origin.url}/a.mp4` });
  const restart = async (limits: Parameters<typeof startSourceBroker>[0]["limits"] = {}): Promise<void> => {
    await node?.stop();
    node = await startSourceBroker({ allow: [origin.hostPort], limits });
  };

  beforeEach(async () => {
    origin = await startOrigin({ files: { "/a.mp4": before }, behaviours: { "/a.mp4": BARE } });
    node = await startSourceBroker({ allow: [origin.hostPort] });
  });
  afterEach(async () => {
    await node.stop();
    await origin.stop();
  });

  for (const [kind, behaviour] of [["ranges", {}], ["no ranges", { ranges: false }], ["no ranges and no length", { ranges: false, chunked: true }]] as const) {
    it(`is read as it is, and not twice: ${kind}`, async () => {
      origin.behave("/a.mp4", { ...BARE, ...behaviour });
      const facts = await node.open(source());
      expect(facts.version).to.match(/^\d+ sample [0-9a-f]{64}$/);
      expect((await node.readAll(source(), facts)).equals(before)).to.equal(true);
      expect(origin.stats.bytes).to.equal(before.length);
    });

    it(`is another when its bytes are, though its size is the same: ${kind}`, async () => {
      origin.behave("/a.mp4", { ...BARE, ...behaviour });
      const { version } = await node.open(source());
      origin.put("/a.mp4", after);
      await restart();
      const facts = await node.open(source());
      expect(facts.version).to.not.equal(version);
      expect((await node.readAll(source(), facts)).equals(after)).to.equal(true);
    });
  }

  it("is noticed to have changed by a node that has not opened it, before it reads", async () => {
    const { version } = await node.open(source());
    origin.put("/a.mp4", after);
    await restart();
    expect(findErrorCode(await rejection(node.read(source(), version, 1024 * KiB, 1025 * KiB), "another file"))).to.equal("source_changed");
  });

  it("is noticed to have changed while it is read, at the next sample", async () => {
    await restart({ sampleAgainMs: 0 });
    const facts = await node.open(source());
    await node.read(source(), facts.version, 0, 600 * KiB);
    origin.put("/a.mp4", after);
    expect(findErrorCode(await rejection(node.read(source(), facts.version, 1024 * KiB, 1025 * KiB), "another file"))).to.equal("source_changed");
  });

  it("is sampled no more often than it must be", async () => {
    const facts = await node.open(source());
    await node.readAll(source(), facts);
    expect(origin.stats.log.filter(({ range }) => range?.startsWith("bytes=0-") === true)).to.have.length(1);
  });

  it("is noticed to have changed where it knows no ranges and has to be read anew", async () => {
    origin.behave("/a.mp4", { ...BARE, ranges: false });
    const { version } = await node.open(source());
    await restart();
    origin.put("/a.mp4", after);
    expect(findErrorCode(await rejection(node.read(source(), version, 1024 * KiB, 1025 * KiB), "another file"))).to.equal("source_changed");
  });
});
