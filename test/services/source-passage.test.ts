/** A file that its origin sends only from its beginning, slowly: what has come can be read while the rest comes. */
import { randomBytes } from "node:crypto";
import { expect } from "chai";
import type { Socket } from "node:net";
import { findErrorCode } from "../../config/errors.ts";
import { awaitArrival, findLack } from "../../mixins/arrival.ts";
import type { SourceFacts, SourceRef } from "../../services/source/source.contract.ts";
import { eventually } from "../support/eventually.ts";
import { head, startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { freshNamespace, sharedNats, sharedRedis } from "../support/servers.ts";
import { startSourceBroker, type SourceBroker } from "../support/source-broker.ts";

const BLOCK = 256 * 1024;
const content = randomBytes(8 * BLOCK + 100);
const SLOW = { passageMs: 50, idleMs: 10_000, graceMs: 20_000, headersMs: 10_000, retries: 0 };

describe("a source without ranges that comes slowly", function () {
  this.timeout(30_000);
  let origin: RawOrigin;
  let nodes: SourceBroker[];
  let node: SourceBroker;
  let source: SourceRef;
  /** Sends the file up to there; a socket for each request that is being answered. */
  let sockets: Socket[];
  let facts: SourceFacts;

  beforeEach(async () => {
    sockets = [];
    origin = await startRawOrigin((socket) => {
      sockets.push(socket);
      socket.write(head("HTTP/1.1 200 OK", 'ETag: "1"', `Content-Length: ${content.length}`));
      socket.write(content.subarray(0, 3 * BLOCK));
    });
    source = { kind: "url", url: `http://${origin.hostPort}/a.mp4` };
    node = await startSourceBroker({ allow: [origin.hostPort], limits: SLOW });
    nodes = [node];
    facts = await node.open(source);
    await arrived(3);
  });
  afterEach(async () => {
    await Promise.all(nodes.map((each) => each.stop()));
    await origin.stop();
  });

  const read = (start: number, end: number, by = node): Promise<Buffer> => by.read(source, facts.version, start * BLOCK, Math.min(content.length, end * BLOCK));
  const failureOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);
  const arrived = (blocks: number): Promise<unknown> => eventually(async () => ((await node.open(source)).arrived ?? Infinity) >= blocks * BLOCK);
  const send = (from: number, to: number): void => { sockets.at(-1)?.write(content.subarray(from * BLOCK, Math.min(content.length, to * BLOCK))); };

  it("can be read as far as it has come, and what has not is told, and comes in the same request", async () => {
    expect((await read(0, 3)).equals(content.subarray(0, 3 * BLOCK))).to.equal(true);
    const lacking = await failureOf(read(5, 6));
    expect([findErrorCode(lacking), findLack(lacking)]).to.deep.equal(["source_pending", { needed: 6 * BLOCK, arrived: 3 * BLOCK }]);
    const waiting = awaitArrival(node.broker, { source, version: facts.version }, 6 * BLOCK, 20_000);
    send(3, 6);
    expect(await waiting).to.equal(true);
    expect((await read(5, 6)).equals(content.subarray(5 * BLOCK, 6 * BLOCK))).to.equal(true);
    send(6, 9);
    await eventually(async () => (await node.open(source)).arrived === undefined);
    expect((await node.readAll(source, facts)).equals(content)).to.equal(true);
    expect(origin.requests).to.have.length(1);
  });

  it("tells the next who wants more of it when it broke off while nobody waited, and is then asked for anew", async () => {
    expect(findErrorCode(await failureOf(read(8, 9)))).to.equal("source_pending");
    sockets.at(-1)?.destroy();
    await eventually(async () => (await node.open(source)).arrived === undefined);
    expect(findErrorCode(await failureOf(read(8, 9)))).to.equal("source_unreachable");
    expect((await read(0, 3)).equals(content.subarray(0, 3 * BLOCK)), "what had come").to.equal(true);
    const requests = origin.requests.length;
    expect(findErrorCode(await failureOf(read(8, 9)))).to.equal("source_pending");
    expect(origin.requests).to.have.length(requests + 1);
  });

  it("is not asked for by a second node of the region, which is told the same", async () => {
    const { url: natsUrl } = await sharedNats();
    const { url: redisUrl } = await sharedRedis();
    const namespace = freshNamespace();
    const region = await Promise.all(["a", "b"].map((name) => startSourceBroker({ allow: [origin.hostPort], limits: SLOW, natsUrl, redisUrl, nodeID: `${namespace}-${name}` })));
    nodes.push(...region);
    const [a, b] = region;
    if (a === undefined || b === undefined) throw new Error("there are two");
    await eventually(() => b.broker.registry.getServiceList({ onlyAvailable: true }).some((service) => service.name === "source" && service.nodeID === a.broker.nodeID));
    const before = origin.requests.length;
    source = { kind: "url", url: `http://${origin.hostPort}/${namespace}` };
    facts = await a.open(source);
    await eventually(async () => ((await a.open(source)).arrived ?? 0) >= 3 * BLOCK);
    expect((await read(0, 3, b)).equals(content.subarray(0, 3 * BLOCK))).to.equal(true);
    expect(findErrorCode(await failureOf(read(5, 6, b)))).to.equal("source_pending");
    send(3, 9);
    expect((await eventually(() => read(8, 9, b).catch(() => undefined))).equals(content.subarray(8 * BLOCK))).to.equal(true);
    expect(origin.requests).to.have.length(before + 1);
  });
});
