/** The stream of the whole mesh, over a gateway whose other services answer from memory, and over nodes that go. */
import { tmpdir } from "node:os";
import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { loadReports } from "../../config/middlewares/load-reports.ts";
import type { Caller } from "../../config/access/permissions.ts";
import { nodeState } from "../../mixins/node-state.ts";
import { openOpsStreams } from "../../services/gateway/ops-stream.ts";
import { nodeService } from "../../services/node/node.service.ts";
import { operatorService } from "../../services/operator/operator.service.ts";
import type { Overview, OverviewAnswer, OverviewNode, Step } from "../../services/operator/overview.contract.ts";
import { eventually } from "../support/eventually.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";
import { expectProblem, startGatewayMesh, type GatewayMesh } from "./gateway-mesh.ts";

/** Reads a stream's events as they come. */
async function follow(url: string, headers: Record<string, string> = {}) {
  const leave = new AbortController();
  const answer = await fetch(`${url}/v1/ops/events`, { headers, signal: leave.signal });
  const events: { type: string; id: string | undefined; data: Overview & { steps: Step[] } }[] = [];
  const { body } = answer;
  const ended = answer.status !== 200 || body === null ? Promise.resolve() : (async () => {
    let text = "";
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + chunk).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
        const [type, data] = [field("event"), field("data")];
        if (type !== undefined && data !== undefined) events.push({ type, id: field("id"), data: JSON.parse(data) as Overview & { steps: Step[] } });
      }
    }
  })().catch(() => undefined);
  return { answer, events, ended, leave: () => leave.abort() };
}

describe("GET /v1/ops/events", function () {
  this.timeout(20_000);
  let mesh: GatewayMesh;
  const revoked = new Set<string>();
  before(async () => {
    mesh = await startGatewayMesh({ callers: (credential): Caller | null => (revoked.has(credential) ? null : { subject: `key:${credential}`, roles: [credential === "viewer" ? "viewer" : "operator"] }) });
  });
  after(() => mesh.stop());
  const as = (key: string): Record<string, string> => ({ Authorization: `Bearer ${key}` });

  it("tells who may watch what there is, at once and then again", async () => {
    const { answer, events, leave, ended } = await follow(mesh.url, as("anna"));
    expect(answer.headers.get("content-type")).to.equal("text/event-stream; charset=utf-8");
    expect(answer.headers.get("cache-control")).to.include("no-store");
    await eventually(() => events.filter(({ type }) => type === "overview").length >= 2);
    expect(events.map(({ type }) => type).slice(0, 2)).to.deep.equal(["history", "overview"]);
    const { data } = events[1] ?? expect.fail();
    expect(data.queues[0]?.lanes.normal).to.deep.include({ waiting: 2, oldestMs: 900 });
    expect(data.regions.flatMap(({ nodes }) => nodes.map(({ id }) => id))).to.deep.equal([]); // it runs no services that it tells of
    expect(data.verdict).to.include({ level: "bad", sentence: "Yes: no node takes work." });
    leave();
    await ended;
  });

  it("is for nobody else", async () => {
    await expectProblem(await fetch(`${mesh.url}/v1/ops/events`), "unauthorized");
    await expectProblem(await fetch(`${mesh.url}/v1/ops/events`, { headers: as("viewer") }), "forbidden");
  });

  it("ends when its key is revoked, and leaves the others alone", async () => {
    const [first, second] = await Promise.all([follow(mesh.url, as("berta")), follow(mesh.url, as("clara"))]);
    revoked.add("berta");
    mesh.broker.broadcastLocal("access.changed", { id: "berta" });
    await first.ended;
    const seen = second.events.length;
    await eventually(() => second.events.length > seen);
    await expectProblem(await fetch(`${mesh.url}/v1/ops/events`, { headers: as("berta") }), "unauthorized");
    second.leave();
    await second.ended;
  });

  it("holds up no drain, and ends when the node leaves", async () => {
    const { events, ended } = await follow(mesh.url, as("dora"));
    await eventually(() => events.length > 0);
    const node = nodeState(mesh.broker);
    expect(node.view().running["requests"] ?? 0).to.equal(0);
    node.drain("for a test");
    node.leave();
    await ended;
  });
});

describe("streams of the mesh", function () {
  this.timeout(20_000);
  const step = (at: number): Step => ({ at, cacheMemory: 0, cacheRedis: 0, cacheStore: 0, cacheMade: 0, originBytes: 0, nearBytes: 0, sentBytes: 0, segments: 0, segmentFaults: 0, waitPlay: 0, waitNormal: 0, waitBulk: 0 });
  let asked: (number | undefined)[] = [];
  let steps: Step[] = [];
  const look = async (after: number | undefined): Promise<OverviewAnswer> => {
    asked.push(after);
    return { overview: {} as Overview, steps: steps.filter(({ at }) => at > (after ?? 0)) };
  };
  /** As far as a stream touches an answer. */
  function fakeAnswer(writableLength = 0) {
    const listeners: (() => void)[] = [];
    const res = {
      text: "", headersSent: false, destroyed: false, writableEnded: false, writableLength,
      once: (_: string, listener: () => void) => listeners.push(listener),
      writeHead() { res.headersSent = true; },
      write(text: string) { res.text += text; },
      end(text = "") { res.text += text; res.writableEnded = true; listeners.splice(0).forEach((listener) => listener()); },
      destroy() { res.destroyed = true; listeners.splice(0).forEach((listener) => listener()); },
    };
    return res;
  }
  const open = async (streams: ReturnType<typeof openOpsStreams>, res: ReturnType<typeof fakeAnswer>, after?: number): Promise<void> => streams.open(res as never, after, async () => undefined);
  beforeEach(() => { [asked, steps] = [[], [step(10), step(20)]]; });

  it("asks once for all who watch, only while somebody does, and from where it was", async () => {
    const streams = openOpsStreams({ look, onFault: expect.fail }, { lookMs: 30 });
    const answers = [fakeAnswer(), fakeAnswer(), fakeAnswer()];
    await Promise.all(answers.map((res) => open(streams, res)));
    expect(asked).to.deep.equal([undefined]);
    await eventually(() => asked.length >= 4);
    expect(asked.slice(1, 4)).to.deep.equal([20, 20, 20]);
    const told = answers.map(({ text }) => text.split("event: overview").length);
    expect(Math.max(...told) - Math.min(...told)).to.be.at.most(1);
    for (const res of answers) res.end();
    const count = asked.length;
    let others = 0;
    const clock = openOpsStreams({ look: async (after) => { others++; return { overview: {} as Overview, steps: after === undefined ? steps : [] }; }, onFault: expect.fail }, { lookMs: 30 });
    await open(clock, fakeAnswer());
    await eventually(() => others >= 6); // as often as these would have been
    clock.close();
    expect(asked.length - count).to.be.at.most(1); // one was under way
  });

  it("resumes after the step that a client has seen", async () => {
    const streams = openOpsStreams({ look, onFault: expect.fail }, { lookMs: 1_000 });
    const [fresh, resumed] = [fakeAnswer(), fakeAnswer()];
    await open(streams, fresh);
    await open(streams, resumed, 10);
    const history = (text: string): number[] => (JSON.parse(/event: history\ndata: (.*)\n/.exec(text)?.[1] ?? "{}") as { steps: Step[] }).steps.map(({ at }) => at);
    expect([history(fresh.text), history(resumed.text)]).to.deep.equal([[10, 20], [20]]);
    expect(resumed.text).to.include("id: 20\nevent: overview");
    streams.close();
    expect([fresh.writableEnded, resumed.writableEnded]).to.deep.equal([true, true]);
  });

  it("takes so many and no more, and hangs up on who does not read", async () => {
    const streams = openOpsStreams({ look, onFault: expect.fail }, { lookMs: 1_000, maxStreams: 1 });
    const slow = fakeAnswer(3 * 1024 * 1024);
    await open(streams, slow);
    expect(slow.destroyed).to.equal(true);
    const good = fakeAnswer();
    await open(streams, good);
    expect(await open(streams, fakeAnswer()).catch((error: unknown) => error)).to.include({ type: "overloaded" });
    streams.close();
  });

  it("sends on, as a stream, whoever waits for the first look when the node leaves", async () => {
    const looked = Promise.withResolvers<OverviewAnswer>();
    const streams = openOpsStreams({ look: () => looked.promise, onFault: expect.fail });
    const res = fakeAnswer();
    const opened = open(streams, res);
    streams.close();
    looked.resolve({ overview: {} as Overview, steps });
    await opened;
    expect([res.headersSent, res.writableEnded]).to.deep.equal([true, true]);
    expect(res.text).to.match(/^: go on elsewhere\nretry: \d+\n\n$/);
  });

  it("says nothing old for new when the mesh is not seen, and goes on when it is", async () => {
    let fails = false;
    const faults: unknown[] = [];
    const streams = openOpsStreams({ look: async (after) => (fails ? Promise.reject(new Error("staged")) : look(after)), onFault: (error) => faults.push(error) }, { lookMs: 20 });
    const res = fakeAnswer();
    await open(streams, res);
    fails = true;
    await eventually(() => faults.length > 0);
    const told = res.text.split("event: overview").length;
    await eventually(() => faults.length > 2);
    expect(res.text.split("event: overview").length).to.equal(told);
    const refused = fakeAnswer();
    expect(await open(streams, refused).then(() => "opened", () => "refused")).to.equal("refused");
    expect(refused.writableEnded).to.equal(false); // it is told why
    fails = false;
    await eventually(() => res.text.split("event: overview").length > told);
    streams.close();
  });
});

describe("overview of a mesh whose nodes come and go", function () {
  this.timeout(30_000);
  const brokers = new Map<string, ServiceBroker>();
  let namespace: string;
  before(async () => {
    namespace = freshNamespace();
    await Promise.all(["near", "far"].map(join));
    await eventually(async () => (await find("far"))?.state === "active");
  });
  after(() => Promise.all([...brokers.values()].map((broker) => broker.stop())));

  async function join(nodeID: string): Promise<void> {
    const { url } = await sharedNats();
    const broker = quietBroker({ namespace, nodeID, metadata: { region: nodeID, services: ["node", "transcoder"] }, transporter: { type: "NATS", options: { url } }, serializer: "CBOR", metrics: true, heartbeatInterval: 1, heartbeatTimeout: 2, middlewares: [loadReports] });
    brokers.set(nodeID, broker);
    broker.createService(nodeService({ stopGraceMs: 0, dataDir: tmpdir() }));
    if (nodeID === "near") broker.createService(operatorService());
    await broker.start();
  }
  const look = async (after?: number): Promise<OverviewAnswer> => await (brokers.get("near") ?? expect.fail()).call("operator.overview", after === undefined ? {} : { after });
  const find = async (id: string): Promise<OverviewNode | undefined> => (await look()).overview.regions.flatMap(({ nodes }) => nodes).find((node) => node.id === id);

  it("shows each node with its load and state, and who drains", async () => {
    await eventually(async () => (await find("far"))?.cpu !== undefined && (await find("far"))?.ageMs !== undefined);
    expect(await find("far")).to.deep.include({ state: "active", reasons: [] }).and.to.include.keys("cpu", "machineCpu", "loop", "uptimeSec", "slots");
    const { overview } = await look();
    expect(overview.regions.map(({ name, count, accepting }) => [name, count, accepting])).to.deep.equal([["far", 1, 1], ["near", 1, 1]]);
    expect(overview.queueFault).to.match(/scheduler/); // there is none
    nodeState(brokers.get("far") ?? expect.fail()).drain("An operator drains it.");
    await eventually(async () => ["draining", "drained"].includes((await find("far"))?.state ?? ""));
    await eventually(async () => (await find("far"))?.reasons.length === 1);
    nodeState(brokers.get("far") ?? expect.fail()).undrain();
    await eventually(async () => (await find("far"))?.state === "active");
  });

  it("shows within seconds who went without a word, apart from who said goodbye", async () => {
    await join("third");
    await eventually(async () => (await find("third"))?.state === "active");
    await brokers.get("third")?.stop();
    await eventually(async () => (await find("third"))?.state === "away");
    expect((await find("third"))?.reasons).to.deep.equal([]);
    const far = brokers.get("far");
    await (far as unknown as { transit: { tx: { client: { close(): Promise<void> } } } }).transit.tx.client.close(); // as when its machine is gone
    await eventually(async () => (await find("far"))?.state === "away");
    expect((await find("far"))?.reasons).to.deep.equal(["It went without a word."]);
    expect((await look()).overview.verdict.causes.map(({ code }) => code)).to.include("node_away");
  });
});
