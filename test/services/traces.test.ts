/** A request's trace across two nodes over NATS: at a collector, and where an operator looks for it. */
import { expect } from "chai";
import { ServiceBroker, type Context } from "moleculer";
import { makeApiKey } from "../../config/access/api-key.ts";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { fail } from "../../config/errors.ts";
import { LineLogger } from "../../config/logging/line-logger.ts";
import { openScrub } from "../../config/logging/scrub.ts";
import { traceIdOf } from "../../config/requests/request-id.ts";
import { traced } from "../../config/tracing/tracer.ts";
import { gatewayService } from "../../services/gateway/gateway.service.ts";
import type { Trace } from "../../services/operator/operator.contract.ts";
import { operatorService } from "../../services/operator/operator.service.ts";
import { eventually } from "../support/eventually.ts";
import { startOtlpCollector, type OtlpCollector, type ReceivedSpan } from "../support/otlp-collector.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";
import { videoView } from "./gateway-mesh.ts";

const VIDEO = "01arz3ndektsv4rrffq69g5fav";
const TOKEN = `${"A".repeat(20)}${"-_b3".repeat(9)}`;
const { key: KEY } = makeApiKey();
interface Line { node: string; requestId?: string; msg: string; err?: { message: string } }

describe("traces", function () {
  this.timeout(20_000);
  let collector: OtlpCollector;
  let nodes: ServiceBroker[] = [];
  let url: string;
  const lines: Line[] = [];
  let failWith: Error | undefined;

  before(async () => {
    collector = await startOtlpCollector();
    const [namespace, nats] = [freshNamespace(), await sharedNats()];
    const open = (nodeId: string): ServiceBroker => {
      const config = loadConfig({ LECTERN_NATS_URL: nats.url, LECTERN_NAMESPACE: namespace, LECTERN_NODE_ID: nodeId, LECTERN_TRACE_PERCENT: "0", LECTERN_OTLP_URL: collector.url, LECTERN_REGION: "eu" });
      const logger = new LineLogger({ level: "info", format: "json", region: "eu", scrub: openScrub([]), write: (line) => void lines.push(JSON.parse(line) as Line) });
      return new ServiceBroker({ ...brokerOptions(config), logger });
    };
    const [door, worker] = [open("door"), open("worker")];
    nodes = [worker, door];
    const gateway = door.createService(gatewayService({ httpHost: "127.0.0.1", httpPort: 0, publicUrl: undefined, sourceMaxBytes: 1_000, access: "open" })) as unknown as { httpUrl: string };
    door.createService(operatorService());
    worker.createService({ name: "videos", actions: { async get(ctx: Context<{ id: string }>) {
      worker.logger.info("looked");
      if (failWith !== undefined) throw failWith;
      return await traced("store.look", { address: `https://anna:geheim@store.example/x?sig=${KEY}` }, () => worker.call("shelf.read", { videoId: ctx.params.id }));
    } } });
    worker.createService({ name: "shelf", actions: { read: () => videoView(VIDEO) } });
    await Promise.all(nodes.map((node) => node.start()));
    await door.waitForServices(["videos"], 5_000);
    url = gateway.httpUrl;
  });
  beforeEach(() => { failWith = undefined; });
  after(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await collector.stop();
  });

  const ask = (path: string, headers: Record<string, string>): Promise<Response> => fetch(url + path, { headers });
  const received = (requestId: string): ReceivedSpan[] => collector.spans.filter(({ traceId }) => traceId === traceIdOf(requestId));
  const idOf = (answer: Response): string => answer.headers.get("x-request-id") ?? "";

  it("are one tree of all nodes, under the id of the answer and the logs, below the span that asked", async () => {
    const [trace, parent] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
    const answer = await ask(`/v1/videos/${VIDEO}`, { Traceparent: `00-${trace}-${parent}-01`, Authorization: `Bearer ${KEY}` });
    expect([answer.status, idOf(answer)]).to.deep.equal([200, trace]);
    const spans = await eventually(() => (received(trace).length === 4 ? received(trace) : undefined));
    const find = (name: string): ReceivedSpan | undefined => spans.find((span) => span.name === name);
    const [root, get, look, read] = ["GET /v1/videos/:id", "videos.get", "store.look", "shelf.read"].map(find);
    expect([root?.node, get?.node, look?.node, read?.node]).to.deep.equal(["door", "worker", "worker", "worker"]);
    expect([root?.parentSpanId, get?.parentSpanId, look?.parentSpanId, read?.parentSpanId]).to.deep.equal([parent, root?.spanId, get?.spanId, look?.spanId]);
    expect([root?.kind, get?.kind, look?.kind]).to.deep.equal([2, 2, 1]);
    expect(get?.attributes).to.deep.include({ key: "lectern.video_id", value: { stringValue: VIDEO } });
    expect(lines.filter(({ msg }) => msg === "looked").at(-1)).to.include({ node: "worker", requestId: trace });
    expect(collector.faults).to.deep.equal([]);
  });

  it("are kept of what fails, whole, although nothing was chosen at its beginning", async () => {
    failWith = new Error("geheim");
    const answer = await ask(`/v1/videos/${VIDEO}`, { "X-Request-Id": "bad-1" });
    expect([answer.status, idOf(answer)]).to.deep.equal([500, "bad-1"]);
    const spans = await eventually(() => (received("bad-1").length === 2 ? received("bad-1") : undefined));
    expect(spans.map(({ node, status }) => [node, status.code]).toSorted()).to.deep.equal([["door", 2], ["worker", 2]]);
    const shown = await (await ask("/v1/traces/bad-1", {})).json() as Trace;
    expect([shown.why, shown.spans.map(({ name, node, depth, error }) => [name, node, depth, error])]).to.deep.equal(["failed", [["GET /v1/videos/:id", "door", 0, "500"], ["videos.get", "worker", 1, "Error"]]]);
  });

  it("are not kept of the client's own faults, nor of what goes well, which can be looked at for a moment", async () => {
    failWith = fail("video_not_found", "There is no such video.");
    expect((await ask(`/v1/videos/${VIDEO}`, { "X-Request-Id": "own-fault" })).status).to.equal(404);
    failWith = undefined;
    await (await ask(`/v1/videos/${VIDEO}`, { "X-Request-Id": "good" })).text();
    const { why, spans, silent } = await eventually(async () => {
      const shown = await (await ask("/v1/traces/good", {})).json() as Trace;
      return shown.spans.length === 4 ? shown : undefined;
    });
    expect([why, silent, spans.map(({ name, depth }) => [name, depth])]).to.deep.equal([null, [], [["GET /v1/videos/:id", 0], ["videos.get", 1], ["store.look", 2], ["shelf.read", 3]]]);
    await eventually(() => received("bad-1").length > 0);
    expect([received("good"), received("own-fault")]).to.deep.equal([[], []]);
  });

  it("are nobody's where there is none", async () => {
    const answer = await ask("/v1/traces/never-asked", {});
    expect([answer.status, ((await answer.json()) as { code: string }).code]).to.deep.equal([404, "trace_not_found"]);
    expect((await ask("/v1/traces/a%20b", {})).status).to.equal(404);
  });

  it("have no secret in them, of who asks, of what is asked or of where it is", async () => {
    failWith = new Error(`${KEY} login:anna geheim`);
    await ask(`/play/~${TOKEN}/${VIDEO}/master.m3u8?token=geheim`, { Traceparent: "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Authorization: `Bearer ${KEY}` });
    await eventually(() => received("1af7651916cd43dd8448eb211c80319c").length > 0);
    const shown = await Promise.all(["bad-1", "good", "0af7651916cd43dd8448eb211c80319c"].map(async (id) => (await ask(`/v1/traces/${id}`, {})).text()));
    const all = [...collector.bodies, ...shown, JSON.stringify(lines.map(({ msg, ...line }) => ({ ...line, msg })).filter(({ err }) => err?.message !== "geheim"))].join("\n");
    for (const secret of [KEY.slice(8), TOKEN, "login:anna", "anna:", "sig="]) expect(all, secret).not.to.include(secret);
  });

  it("do not hold up or fail a request while the collector is silent", async () => {
    collector.answer = "hang";
    failWith = new Error("x");
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(`/v1/videos/${VIDEO}`, {})));
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([500]));
    failWith = undefined;
    expect((await ask(`/v1/videos/${VIDEO}`, {})).status).to.equal(200);
    collector.answer = 200;
  });
});
