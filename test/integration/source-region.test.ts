/** Nodes of a region that read the same source: its origin sends each byte to one of them. */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { findErrorCode } from "../../config/errors.ts";
import type { SourceFacts, SourceRef } from "../../services/source/source.contract.ts";
import { startNats, type TestServer } from "../support/nats.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { startRedis } from "../support/redis.ts";
import { rejection } from "../support/rejection.ts";
import { startSourceBroker, type SourceBroker, type SourceBrokerOptions } from "../support/source-broker.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

const content = randomBytes(11 * 1024 * 1024 + 1234);
const MiB = 1024 * 1024;

describe("a source in a region", function () {
  this.timeout(60_000);
  let nats: TestServer;
  let redis: TestServer;
  let origin: TestOrigin;
  let nodes: SourceBroker[];

  beforeEach(async () => {
    [nats, redis] = await Promise.all([startNats(), startRedis()]);
    origin = await startOrigin({ files: { "/a": content } });
    nodes = [];
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await origin.stop();
    await Promise.all([nats.stop(), redis.stop()]);
  });

  async function startNode(name: string, options: Partial<SourceBrokerOptions> = {}): Promise<SourceBroker> {
    const node = await startSourceBroker({ allow: [origin.hostPort], natsUrl: nats.url, redisUrl: redis.url, nodeID: name, limits: { headersMs: 5_000, idleMs: 5_000, graceMs: 20_000 }, metrics: true, ...options });
    nodes.push(node);
    const known = nodes.map(({ broker }) => broker.nodeID);
    await Promise.all(nodes.flatMap((each) => known.map(async (nodeID) => { await waitFor(each, nodeID); })));
    return node;
  }
  /** Until `node` knows that the source service of `nodeID` is there. */
  async function waitFor({ broker }: SourceBroker, nodeID: string): Promise<void> {
    while (!broker.registry.getServiceList({ onlyAvailable: true }).some((service) => service.name === "source" && service.nodeID === nodeID)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const at = (path: string): SourceRef => ({ kind: "url", url: origin.url + path });
  const reads = async (node: SourceBroker, facts: SourceFacts, path = "/a"): Promise<boolean> => (await node.readAll(at(path), facts)).equals(content);
  const sent = (): number => origin.stats.bytes;

  it("is sent once, when one node reads it after another, and at the same time", async () => {
    const [a, b, c] = [await startNode("a"), await startNode("b"), await startNode("c")];
    const facts = await a.open(at("/a"));
    expect(await reads(a, facts)).to.equal(true);
    expect(sent()).to.equal(content.length);
    expect(await Promise.all([reads(b, facts), reads(c, facts)])).to.deep.equal([true, true]);
    expect(sent()).to.equal(content.length);
    origin.put("/b", content);
    origin.resetStats();
    const others = await b.open(at("/b"));
    expect(await Promise.all([a, b, c].map((node) => reads(node, others, "/b")))).to.deep.equal([true, true, true]);
    expect(sent()).to.equal(content.length);
  });

  it("is sent once where the origin knows no ranges", async () => {
    origin.behave("/a", { ranges: false });
    const [a, b] = [await startNode("a"), await startNode("b")];
    const facts = await a.open(at("/a"));
    expect(await Promise.all([reads(b, facts), reads(a, facts)])).to.deep.equal([true, true]);
    expect(origin.stats.requests).to.equal(1);
    expect(sent()).to.equal(content.length);
  });

  it("goes on when the node that had it is gone, at the price of its part", async () => {
    const [a, b] = [await startNode("a"), await startNode("b")];
    const facts = await a.open(at("/a"));
    await a.read(at("/a"), facts.version, 0, 2 * MiB);
    await nodes.shift()?.stop();
    origin.resetStats();
    expect(await reads(b, facts)).to.equal(true);
    expect(sent()).to.equal(content.length);
    const c = await startNode("c");
    origin.resetStats();
    expect(await reads(c, facts)).to.equal(true);
    expect(sent()).to.equal(0); // all of it is the other's now
  });

  it("is fetched by each node for itself while Redis is away", async () => {
    const [a, b] = [await startNode("a"), await startNode("b")];
    const facts = await a.open(at("/a"));
    expect(await reads(a, facts)).to.equal(true);
    await redis.stop();
    expect(await reads(b, facts)).to.equal(true);
  });

  it("that changes is noticed by whoever reads, through another node as well", async () => {
    const [a, b] = [await startNode("a"), await startNode("b")];
    const facts = await a.open(at("/a"));
    await a.read(at("/a"), facts.version, 5 * MiB, 5 * MiB + 10); // a's part
    origin.put("/a", randomBytes(content.length));
    expect(findErrorCode(await rejection(b.read(at("/a"), facts.version, 7 * MiB, 7 * MiB + 10), "another file"))).to.equal("source_changed");
  });

  it("is not fetched by another node where the tenant's list does not allow what it redirects to", async () => {
    const dir = await makeTempDir("source-region");
    const elsewhere = await startOrigin({ host: "127.0.0.2", files: { "/a": content } });
    try {
      const sourcePolicy = join(dir, "policy.json");
      await writeFile(sourcePolicy, JSON.stringify({ tenants: { physics: { domains: { deny: ["127.0.0.2"] } } } }));
      const options = { sourcePolicy, allow: [origin.hostPort, elsewhere.hostPort] };
      const [a, b] = [await startNode("a", options), await startNode("b", options)];
      origin.behave("/hop", { redirectTo: `${elsewhere.url}/a` });
      const facts = await a.open(at("/hop"));
      await a.read(at("/hop"), facts.version, 5 * MiB, 5 * MiB + 10); // a's part
      const before = elsewhere.stats.requests;
      const theirs: SourceRef = { kind: "url", url: `${origin.url}/hop`, tenant: "physics" };
      expect(findErrorCode(await rejection(b.read(theirs, facts.version, 7 * MiB, 7 * MiB + 10), "another's file"))).to.equal("source_refused");
      expect(elsewhere.stats.requests).to.equal(before);
      expect((await b.read({ ...theirs, tenant: "arts" }, facts.version, 7 * MiB, 7 * MiB + 10)).equals(content.subarray(7 * MiB, 7 * MiB + 10))).to.equal(true);
    } finally {
      await Promise.all(nodes.splice(0).map((node) => node.stop()));
      await elsewhere.stop();
      await removeDir(dir);
    }
  });
});
