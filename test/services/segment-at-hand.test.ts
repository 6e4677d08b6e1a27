/** A segment in the memory of the node that is asked: answered without a call, and in all else as the calls answer it. */
import { writeFile } from "node:fs/promises";
import { request, type IncomingHttpHeaders } from "node:http";
import { expect } from "chai";
import { ServiceBroker, type Context, type Middleware } from "moleculer";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { replyGrowing } from "../../mixins/byte-reply.ts";
import { GrowingBytes } from "../../mixins/growing-bytes.ts";
import { nodeState } from "../../mixins/node-state.ts";
import { cacheService } from "../../services/cache/cache.service.ts";
import { deliveryService } from "../../services/delivery/delivery.service.ts";
import { gatewayService } from "../../services/gateway/gateway.service.ts";
import { metricsService } from "../../services/metrics/metrics.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { VideoView } from "../../services/videos/videos.contract.ts";
import { videosService } from "../../services/videos/videos.service.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { memoryStore } from "../support/memory-store.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { accepted, stagedFacts, stagedPlan } from "../support/staged-plan.ts";

const SECRET = "what all nodes of this mesh know, and no others";
const BYTES = Buffer.alloc(3_000, "segment ");
interface Answer { status: number; headers: IncomingHttpHeaders; body: Buffer }

describe("a segment at hand", function () {
  this.timeout(20_000);
  let broker: ServiceBroker;
  let url: string;
  let folder: Folder;
  let serial = 0;
  const calls: string[] = [];

  before(async () => {
    const [namespace, { url: redisUrl }] = [freshNamespace(), await sharedRedis()];
    const config = loadConfig({ LECTERN_NAMESPACE: namespace, LECTERN_NODE_ID: "alone", LECTERN_MESH_SECRET: SECRET, LECTERN_TRACE_PERCENT: "0" });
    const seen: Middleware = { name: "Seen", localAction: (next, { name = "" }) => (ctx: Context) => {
      calls.push(name);
      return Reflect.apply(next, ctx.service, [ctx]) as unknown;
    } };
    const { middlewares = [], ...options } = brokerOptions(config);
    broker = new ServiceBroker({ ...options, middlewares: [...middlewares, seen], logger: false });
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => memoryStore()));
    folder = await openFolder();
    await writeFile(folder.path("policy.yaml"), "tenants:\n  careful: { mode: screen-first }\n");
    broker.createService(videosService({ redisUrl, namespace, screening: { policy: folder.path("policy.yaml") } }));
    broker.createService(deliveryService());
    broker.createService(cacheService({ redisUrl, namespace, memoryBytes: 10_000_000 }));
    broker.createService(metricsService({ metricsHost: "127.0.0.1", metricsPort: 0 }));
    broker.createService({ name: "transcoder", actions: { make: (ctx: Context) => replyGrowing(ctx, GrowingBytes.of(BYTES)) } });
    broker.createService({ name: "scheduler", actions: { admit: () => undefined } });
    broker.createService({ name: "source", actions: { check: (ctx: Context<{ url: string }>) => ({ url: ctx.params.url }) } });
    broker.createService({ name: "access", actions: { authenticate: (ctx: Context<{ credential: string }>) => ({ caller: { subject: "key:a", roles: ["submitter"], tenant: ctx.params.credential } }) } });
    const gateway = broker.createService(gatewayService({ httpHost: "127.0.0.1", httpPort: 0, publicUrl: undefined, sourceMaxBytes: 1_000, access: "keys", meshSecret: SECRET, namespace, trustedProxies: ["127.0.0.1"], rates: { ...config.rates, play: 4 } }));
    await broker.start();
    url = (gateway as unknown as { httpUrl: string }).httpUrl;
  });
  after(async () => {
    await broker.stop();
    await folder.remove();
  });

  const ask = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> => new Promise((resolve, reject) => {
    request(`${url}${path}`, { method, headers, agent: false }, (res) => {
      const parts: Buffer[] = [];
      res.on("data", (part: Buffer) => parts.push(part)).on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(parts) }));
    }).on("error", reject).end();
  });
  const make = async (params: object = {}): Promise<string> => {
    const { id } = await broker.call<VideoView, object>("videos.submit", { source: { kind: "url", url: `https://media.example/${++serial}.mp4` }, ...params });
    await broker.call("videos.settle", { id, verdict: accepted(stagedFacts(20)) });
    await broker.call("videos.planned", { id, plan: stagedPlan(20) });
    return id;
  };
  /** What the request called of the mesh. */
  const asking = async (path: string, headers?: Record<string, string>, method?: string): Promise<Answer & { called: string[] }> => {
    const before = calls.length;
    const answer = await ask(path, headers, method);
    return { ...answer, called: calls.slice(before).filter((name) => /^(delivery|cache|gateway)\./.test(name)) };
  };
  const warm = async (path: string, headers?: Record<string, string>): Promise<void> => {
    await eventually(async () => (await asking(path, headers)).called.length === 0);
  };
  const BY_CALLS = ["gateway.rest", "delivery.segment", "cache.open"];
  const file = (id: string, name = "source/1.m4s"): string => `/play/${id}/${name}`;
  const plain = ({ status, headers: { date: _date, "x-request-id": _id, "server-timing": _timing, connection: _connection, ...headers }, body }: Answer): object => ({ status, headers, body: body.toString("base64") });

  it("is answered without a call, and to the header as by calls, whatever is asked for of it", async () => {
    const id = await make();
    await warm(file(id));
    await warm(file(id, "source/init.mp4"));
    nodeState(broker).quarantine("test", "Nothing at hand.");
    const byCalls = [await asking(file(id)), await asking(file(id), {}, "HEAD"), await asking(file(id), { Range: "bytes=0-9" }), await asking(file(id), { "If-None-Match": "*" }), await asking(file(id, "source/init.mp4")), await asking(`${file(id)}?x=1`)];
    nodeState(broker).release("test");
    const atHand = [await asking(file(id)), await asking(file(id), {}, "HEAD"), await asking(file(id), { Range: "bytes=0-9" }), await asking(file(id), { "If-None-Match": "*" }), await asking(file(id, "source/init.mp4")), await asking(`${file(id)}?x=1`)];
    expect(byCalls.map(({ called }) => called)).to.deep.equal(byCalls.map(() => BY_CALLS));
    expect(atHand.map(({ called }) => called)).to.deep.equal(atHand.map(() => []));
    expect(atHand.map(plain)).to.deep.equal(byCalls.map(plain));
    expect([atHand[0]?.status, atHand[0]?.body.equals(BYTES)]).to.deep.equal([200, true]);
    for (const { headers } of [...atHand, ...byCalls]) {
      expect(headers["server-timing"]).to.match(/^plan;dur=\d+\.\d, cache;desc=memory;dur=0\.0, total;dur=\d+\.\d$/);
      expect(headers["x-request-id"]).to.match(/^[0-9a-f]{32}$/);
    }
    expect((await ask(file(id), { "X-Request-Id": "mine" })).headers["x-request-id"]).to.equal("mine");
  });

  it("is counted as by calls: answers, where the bytes were, what they took, first plays, players' words", async () => {
    const id = await make();
    const path = `${file(id, "360p/0.m4s")}?CMCD=bl%3D4000%2Csf%3Dh`;
    await warm(path);
    const counted = async (): Promise<Map<string, number>> => {
      const text = await broker.call<string, object>("metrics.text", {});
      const lines = text.split("\n").filter((line) => /^(lectern_(answers|cache_requests|cache_bytes|first_plays|play_stage_seconds_count|first_play_seconds_count|cmcd|http_sent)|moleculer_req_(total|duration_ms_count)\{action="delivery\.segment")/.test(line) && !/_bucket|_sum/.test(line));
      return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
    };
    /** What grew, and by how much; the connection's bytes only that they did: a timing has no fixed length. */
    const growth = async (): Promise<Record<string, number>> => {
      const before = await counted();
      await ask(path);
      await eventually(async () => ((await counted()).get("lectern_http_sent_bytes_total") ?? 0) > (before.get("lectern_http_sent_bytes_total") ?? 0));
      return Object.fromEntries([...(await counted())].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const).filter(([, more]) => more > 0).map(([name, more]) => [name, name.includes("sent_bytes") ? Math.min(more, BYTES.length) : more]));
    };
    const atHand = await growth();
    nodeState(broker).quarantine("test", "Nothing at hand.");
    const byCalls = await growth();
    nodeState(broker).release("test");
    expect(atHand).to.deep.equal(byCalls);
    expect(Object.keys(atHand).length).to.be.greaterThan(8);
    expect(atHand['lectern_cache_bytes_total{tier="memory"}']).to.equal(BYTES.length);
  });

  it("is gone with its video, at once", async () => {
    const id = await make();
    await warm(file(id));
    await broker.call("videos.remove", { id });
    const { status, body } = await ask(file(id));
    expect([status, (JSON.parse(body.toString()) as { code: string }).code]).to.deep.equal([410, "video_deleted"]);
  });

  it("is not answered of a video that was blocked since, nor to strangers of one that a person has still to look at", async () => {
    const [blocked, held] = [await make(), await make({ tenant: "careful" })];
    const screened = (id: string, verdict: string): Promise<void> => broker.call("videos.screened", { id, screening: { verdict, at: "2026-01-01T00:00:00.000Z", findings: [], hashes: [], cost: { seconds: 1, frames: 2, bytes: 3 } } });
    await warm(file(blocked));
    await screened(blocked, "block");
    expect((await ask(file(blocked))).status).to.equal(451);
    await screened(held, "review");
    await warm(file(held), { Authorization: "Bearer careful" });
    expect((await ask(file(held))).status).to.equal(404);
    await broker.call("videos.reviewed", { id: held, review: { verdict: "pass", at: "2026-01-01T00:00:00.000Z", by: "key:a" } });
    await warm(file(held));
    expect((await ask(file(held))).status).to.equal(200);
  });

  it("of a private video is for its tenant's keys and for links until they are ended, and for nobody else", async () => {
    const id = await make({ tenant: "physics", visibility: "private" });
    const key = { Authorization: "Bearer physics" };
    await warm(file(id), key);
    expect((await asking(file(id), key)).headers["cache-control"]).to.equal("private, max-age=3600");
    for (const headers of [{}, { Authorization: "Bearer arts" }]) {
      const { status, body } = await ask(file(id), headers);
      expect([status, body.includes("segment segment")]).to.deep.equal([404, false]);
    }
    const made = await fetch(`${url}/v1/videos/${id}/links`, { method: "POST", headers: { ...key, "Content-Type": "application/json" }, body: JSON.stringify({ uses: ["play"], expiresInSec: 100 }) });
    const { playback: { hls } } = (await made.json()) as { playback: { hls: string } };
    const linked = new URL(hls).pathname.replace("master.m3u8", "source/1.m4s");
    await warm(linked);
    const answer = await ask(linked);
    expect([answer.status, /^private, max-age=(100|9\d)$/.test(answer.headers["cache-control"] ?? ""), answer.headers["referrer-policy"]]).to.deep.equal([200, true, "no-referrer"]);
    expect((await ask(linked.replace("~", "~A"))).status).to.equal(404);
    await broker.call("videos.revokeLinks", { id });
    expect((await ask(linked)).status).to.equal(404);
  });

  it("of a protected video goes the long way, encrypted", async () => {
    const id = await make({ protection: "aes-128" });
    await eventually(async () => /cache;desc=memory/.test(String((await ask(file(id))).headers["server-timing"])));
    const { called, body } = await asking(file(id));
    expect([called, body.includes("segment segment")]).to.deep.equal([BY_CALLS, false]);
  });

  it("is refused to who asks too often, counted once", async () => {
    const id = await make();
    await warm(file(id));
    const limited = (): unknown => (broker.metrics.getMetric("lectern_requests_limited_total")?.get({ rate: "play" }) as { value: number } | undefined)?.value ?? 0;
    const before = Number(limited());
    const statuses = [];
    for (let n = 0; n < 6; n++) statuses.push((await asking(file(id), { "X-Forwarded-For": "203.0.113.9" })).status);
    expect([statuses, Number(limited()) - before]).to.deep.equal([[200, 200, 200, 200, 429, 429], 2]);
    const { headers, body } = await ask(file(id), { "X-Forwarded-For": "203.0.113.9", "X-Request-Id": "mine" });
    expect(headers).to.include({ "content-type": "application/problem+json", "cache-control": "no-store", "access-control-allow-origin": "*", "x-content-type-options": "nosniff", "x-request-id": "mine" });
    expect(JSON.parse(body.toString())).to.include({ code: "rate_limited", requestId: "mine" });
  });

  it("is traced by its calls where that is asked for", async () => {
    const id = await make();
    await warm(file(id));
    const requestId = "0af7651916cd43dd8448eb211c80319c";
    expect((await asking(file(id), { Traceparent: `00-${requestId}-b7ad6b7169203331-01` })).called).to.deep.equal(BY_CALLS);
    const { why, spans } = await broker.call<{ why: string; spans: { name: string }[] }, object>("$traces.find", { requestId });
    expect([why, spans.map(({ name }) => name).sort()]).to.deep.equal(["asked", ["GET /play/:id/:rendition/:n.m4s", "cache.open", "delivery.segment"]]);
  });
});
