/** What a player is told about its answer, when the nodes that worked on it are others than the one it asked. */
import { expect } from "chai";
import { Service, type Context, type Middleware, type ServiceBroker } from "moleculer";
import { replyGrowing } from "../../mixins/byte-reply.ts";
import { GrowingBytes } from "../../mixins/growing-bytes.ts";
import { tellSpent } from "../../mixins/play-spent.ts";
import type { OpenParams } from "../../services/cache/cache.contract.ts";
import { cacheService } from "../../services/cache/cache.service.ts";
import { deliveryService } from "../../services/delivery/delivery.service.ts";
import { gatewayService } from "../../services/gateway/gateway.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { MakeParams } from "../../services/transcoder/transcoder.contract.ts";
import { openHistory, type History } from "../support/history.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedNats, sharedRedis } from "../support/servers.ts";
import { stagedPlan } from "../support/staged-plan.ts";

const ID = "01arz3ndektsv4rrffq69g5fav";

describe("Server-Timing across nodes", () => {
  let brokers: ServiceBroker[];
  let front: ServiceBroker;
  let url: string;
  let made: History<MakeParams>;
  /** Segments that the cache was asked for. */
  let opened: History<unknown>;
  let make: (ctx: Context<MakeParams>) => Promise<GrowingBytes>;

  /** Gateway and delivery on the one, the cache on another, and who makes segments on a third. */
  before(async () => {
    made = openHistory();
    opened = openHistory();
    const seen: Middleware = {
      name: "Seen",
      localAction: (next, action) => (action.name === "cache.open" ? (ctx: Context<OpenParams>) => {
        opened.add(ctx.params.segment);
        return Reflect.apply(next, ctx.service, [ctx]) as unknown;
      } : next),
    };
    const [nats, redis, namespace] = [await sharedNats(), await sharedRedis(), freshNamespace()];
    const node = (nodeID: string): ServiceBroker => quietBroker({ nodeID, namespace, transporter: { type: "NATS", options: { servers: nats.url } }, serializer: "CBOR", middlewares: [seen] });
    brokers = ["front", "middle", "back"].map(node);
    const [first, middle, back] = brokers;
    if (first === undefined || middle === undefined || back === undefined) throw new Error("there are three");
    front = first;
    front.createService({ name: "videos", actions: { plan: () => stagedPlan(20), noteMoments: () => undefined } });
    front.createService(deliveryService());
    const gateway = front.createService(gatewayService({ httpHost: "127.0.0.1", httpPort: 0, publicUrl: undefined, sourceMaxBytes: 1, access: "open" }));
    middle.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => memoryStore()));
    middle.createService(cacheService({ redisUrl: redis.url, namespace, memoryBytes: 1_000_000 }));
    back.createService({ name: "transcoder", actions: {
      async make(ctx: Context<MakeParams>) {
        made.add(ctx.params);
        return replyGrowing(ctx, await make(ctx));
      },
    } });
    await Promise.all(brokers.map((broker) => broker.start()));
    if (!(gateway instanceof Service)) throw new Error("no gateway");
    url = String(Reflect.get(gateway, "httpUrl"));
  });
  after(async () => { await Promise.all(brokers.map((broker) => broker.stop())); });

  const ask = (file: string): Promise<Response> => fetch(`${url}/play/${ID}/${file}`);
  const timing = async (file: string): Promise<string> => {
    const answer = await ask(file);
    await answer.arrayBuffer();
    return answer.headers.get("server-timing") ?? `none, but ${answer.status}`;
  };
  const counted = (name: string, labels: Record<string, string>): unknown => {
    const found: unknown = front.metrics.getMetric(name)?.get(labels);
    return typeof found === "object" && found !== null ? Reflect.get(found, "count") ?? Reflect.get(found, "value") : undefined;
  };

  it("says what the node that made a segment spent, though it came as a stream over two others", async () => {
    const rest = Promise.withResolvers<void>();
    make = async (ctx) => {
      tellSpent(ctx, { wait: 3, fetch: 20, encode: 450 });
      const bytes = new GrowingBytes();
      bytes.push(Buffer.from("first "));
      rest.promise.then(() => { bytes.push(Buffer.from("rest")); bytes.end(); }, () => undefined);
      return bytes;
    };
    const answer = await ask("360p/0.m4s");
    expect(answer.headers.get("server-timing"), "with the first byte").to.match(/^plan;dur=\S+, cache;desc=made;dur=\S+, wait;dur=3\.0, fetch;dur=20\.0, encode;dur=450\.0, total;dur=\S+$/);
    expect(answer.headers.get("timing-allow-origin")).to.equal("*");
    rest.resolve();
    expect(await answer.text()).to.equal("first rest");
    for (const [name, labels] of [
      ["lectern_play_stage_seconds", { stage: "encode", class: "encode_cold" }], ["lectern_play_stage_seconds", { stage: "total", class: "encode_cold" }],
      ["lectern_first_play_seconds", { class: "encode_cold" }],
    ] as const) expect(counted(name, labels), name).to.equal(1);
    expect(Number(counted("lectern_first_plays_total", { result: "good" })) + Number(counted("lectern_first_plays_total", { result: "slow" }))).to.equal(1);
  });

  it("says of what somebody has already where that was", async () => {
    expect(await timing("360p/0.m4s")).to.match(/^plan;dur=\S+, cache;desc=memory;dur=0\.0, total;dur=\S+$/);
    expect(counted("lectern_play_stage_seconds", { stage: "cache", class: "encode_warm" })).to.equal(undefined);
    expect(counted("lectern_play_stage_seconds", { stage: "total", class: "encode_warm" })).to.equal(1);
  });

  it("says to who joins what they waited, and whose work they shared", async () => {
    const release = Promise.withResolvers<void>();
    make = async (ctx) => {
      await release.promise;
      tellSpent(ctx, { fetch: 10, repackage: 5 });
      return GrowingBytes.of(Buffer.from("made"));
    };
    const first = timing("source/3.m4s");
    await made.until(({ segment }) => segment === 3);
    const second = timing("source/3.m4s");
    await opened.until(() => opened.all.filter((segment) => segment === 3).length === 2);
    release.resolve();
    expect(await first).to.match(/cache;desc=made;dur=\S+, fetch;dur=10\.0, repackage;dur=5\.0, total;/);
    expect(await second).to.match(/cache;desc=made;dur=\S+, join;dur=\S+, fetch;desc=shared;dur=10\.0, repackage;desc=shared;dur=5\.0, total;/);
    expect([counted("lectern_play_stage_seconds", { stage: "repackage", class: "repackage_cold" }), counted("lectern_play_stage_seconds", { stage: "join", class: "repackage_cold" })]).to.deep.equal([1, 1]);
  });

  it("says of a playlist how long its plan was waited for", async () => {
    expect(await timing("master.m3u8")).to.match(/^plan;dur=\S+, total;dur=\S+$/);
    expect(await timing("manifest.mpd")).to.match(/^plan;dur=\S+, total;dur=\S+$/);
    expect(await timing("360p/media.m3u8")).to.match(/^plan;dur=\S+, total;dur=\S+$/);
    expect(counted("lectern_play_stage_seconds", { stage: "plan", class: "playlist" })).to.equal(3);
  });

  it("counts what players say of themselves, by query or headers, and says that pages elsewhere may", async () => {
    make = async () => GrowingBytes.of(Buffer.from("made"));
    await timing(`360p/5.m4s?CMCD=${encodeURIComponent('bl=4000,br=600,bs,mtp=8000,sf=d,sid="somebody",su,tb=1200')}`);
    await fetch(`${url}/play/${ID}/360p/media.m3u8`, { headers: { "CMCD-Request": "bl=2000,su", "CMCD-Session": "sf=h" } }).then((answer) => answer.text());
    for (const query of ["CMCD=%zz", `CMCD=${"a".repeat(8_000)}`, "CMCD=&CMCD=bs"]) expect(await timing(`360p/5.m4s?${query}`), query.slice(0, 20)).to.contain("total;");
    expect([counted("lectern_cmcd_requests_total", { format: "dash" }), counted("lectern_cmcd_requests_total", { format: "hls" })]).to.deep.equal([1, 1]);
    expect([counted("lectern_cmcd_starved_total", { format: "dash" }), counted("lectern_cmcd_urgent_total", { format: "hls" })]).to.deep.equal([1, 1]);
    const sum = (name: string): unknown => Reflect.get(front.metrics.getMetric(name)?.get({ format: "dash" }) ?? {}, "sum");
    expect([sum("lectern_cmcd_buffer_seconds"), sum("lectern_cmcd_throughput_bytes_per_second"), sum("lectern_cmcd_bitrate_ratio")]).to.deep.equal([4, 1_000_000, 0.5]);
    const preflight = await fetch(`${url}/play/${ID}/360p/5.m4s`, { method: "OPTIONS", headers: { "Origin": "https://lms.example", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "cmcd-request" } });
    expect(preflight.headers.get("access-control-allow-headers")).to.contain("CMCD-Request, CMCD-Object, CMCD-Status, CMCD-Session");
  });

  it("counts answers and problems", async () => {
    make = async () => { throw new Error("broken"); };
    const before = Number(counted("lectern_first_plays_total", { result: "failed" }));
    expect((await ask("audio/0.m4s")).status).to.equal(500);
    expect((await ask("360p/x.m4s")).status).to.equal(404);
    expect(counted("lectern_first_plays_total", { result: "failed" })).to.equal(before + 1);
    expect(counted("lectern_problems_total", { area: "play", code: "internal_error" })).to.equal(1);
    expect(counted("lectern_problems_total", { area: "play", code: "segment_not_found" })).to.equal(1);
    await ask("master.m3u8").then((answer) => answer.text());
    expect(counted("lectern_failed_requests_total", { operation: "getSegment" })).to.equal(1);
    expect(counted("lectern_answers_total", { area: "play", status: "5xx" })).to.equal(1);
  });
});
