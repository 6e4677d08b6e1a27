/** Groups of errors, told by the nodes of a mesh on real NATS, kept in a real Redis of the test's own. */
import { expect } from "chai";
import { ServiceBroker, type Context } from "moleculer";
import { Redis } from "ioredis";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { fail, findErrorCode } from "../../config/errors.ts";
import { noteFailure } from "../../config/failures/note-failure.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { openErrorGroups } from "../../services/errors/error-groups.ts";
import type { ErrorNews, ErrorStep, ErrorSummary, ErrorView, FailureBatch, ListErrorsResult } from "../../services/errors/errors.contract.ts";
import { errorsService } from "../../services/errors/errors.service.ts";
import { eventually } from "../support/eventually.ts";
import type { TestServer } from "../support/nats.ts";
import { rejection } from "../support/rejection.ts";
import { startRedis } from "../support/redis.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";

const VIDEO = "01arz3ndektsv4rrffq69g5fav";

describe("errors of a mesh", function () {
  this.timeout(40_000);
  const namespace = freshNamespace();
  let redis: TestServer;
  let nodes: ServiceBroker[];
  const news: [string, ErrorNews][] = [];

  before(async () => {
    redis = await startRedis();
    const open = async (nodeId: string): Promise<ServiceBroker> => new ServiceBroker({ ...brokerOptions(loadConfig({ LECTERN_NATS_URL: (await sharedNats()).url, LECTERN_NAMESPACE: namespace, LECTERN_NODE_ID: nodeId, LECTERN_REGION: "eu" })), logger: false });
    nodes = [await open("one"), await open("other"), await open("third")];
    const [one, other, third] = nodes;
    one?.createService(errorsService({ redisUrl: redis.url, namespace, region: "eu" }));
    one?.createService({ name: "ear", events: {
      "error.opened"(ctx: Context<ErrorNews>) { news.push(["opened", ctx.params]); },
      "error.regressed"(ctx: Context<ErrorNews>) { news.push(["regressed", ctx.params]); },
    } });
    other?.createService({ name: "delivery", actions: { segment: (ctx: Context<object>) => ctx.call("cache.segment", ctx.params) } });
    third?.createService({ name: "cache", actions: { segment(ctx: Context<{ id: string; how?: string }>) {
      if (ctx.params.how === "missing") throw fail("segment_not_found", "There is no such segment.");
      if (ctx.params.how === "full") throw fail("storage_full", "The disk is full.");
      throw new TypeError(`No frame ${Math.random()} for login:anna at https://a.example/?token=x`);
    } } });
    await Promise.all(nodes.map((node) => node.start()));
    await nodes[0]?.waitForServices(["delivery", "cache", "errors"], 10_000);
    await nodes[2]?.waitForServices(["errors"], 10_000);
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await redis.kill();
  });

  const call = async <Result>(action: string, params: object = {}): Promise<Result> => {
    if (nodes[0] === undefined) throw new Error("there is no node");
    return await nodes[0].call(action, params);
  };
  const list = async (params: object = {}): Promise<ErrorSummary[]> => (await call<ListErrorsResult>("errors.list", params)).errors;
  const ask = (how?: string): Promise<unknown> => rejection(call("delivery.segment", { id: VIDEO, ...(how === undefined ? {} : { how }) }), "a segment that fails");
  const counted = (code: string, count: number): Promise<ErrorSummary> => eventually(async () => (await list({ code })).find((group) => group.count === count));

  it("count once where they began, whatever nodes they passed, and not what a caller did wrong", async () => {
    for (let n = 0; n < 3; n++) await ask();
    await ask("missing");
    const { id } = await counted("unexpected", 3);
    expect(await list()).to.have.length(1);
    const view = await call<ErrorView>("errors.get", { id });
    expect(view).to.deep.include({ state: "open", severity: "error", service: "cache", action: "cache.segment", nodes: ["third"], regions: ["eu"], videos: [VIDEO], lastHour: 3, lastDay: 3 });
    expect(view.sample.message).to.match(/^No frame 0\.\d+ for login:… at https:\/\/a\.example\/\?…$/);
    expect(view.sample.stack[0]).to.match(/test\/services\/errors\.test\.ts/);
    expect(view.perMinute.reduce((sum, { count }) => sum + count, 0)).to.equal(3);
    expect(news).to.have.length(1);
    expect(news[0]?.[1]).to.deep.include({ id, region: "eu", state: "open" });
  });

  it("are resolved until they are seen again, which is news; muted they are none", async () => {
    const [{ id } = { id: "" }] = await list({ code: "unexpected" });
    expect(await call<ErrorStep>("errors.resolve", { id })).to.deep.equal({ id, state: "resolved" });
    expect(await list({ state: "open" })).to.deep.equal([]);
    await ask();
    expect((await counted("unexpected", 4)).state).to.equal("regressed");
    await call("errors.mute", { id });
    await ask();
    expect((await counted("unexpected", 5)).state).to.equal("muted");
    await call("errors.reopen", { id });
    await ask();
    expect((await counted("unexpected", 6)).state).to.equal("open");
    await eventually(() => news.length >= 2);
    expect(news.map(([what]) => what)).to.deep.equal(["opened", "regressed"]);
    expect(findErrorCode(await rejection(call("errors.resolve", { id: `unexpected-${"0".repeat(16)}` }), "a group that there is not"))).to.equal("error_not_found");
    expect(findErrorCode(await rejection(call("errors.get", { id: "unexpected-other" }), "a group that there is not"))).to.equal("error_not_found");
  });

  it("are found by code, service, video and state", async () => {
    await ask("full");
    await counted("storage_full", 1);
    expect((await list({ service: "cache", video: VIDEO, state: "open" })).map(({ code }) => code)).to.deep.equal(["storage_full", "unexpected"]);
    expect(await list({ service: "delivery" })).to.deep.equal([]);
    expect(await list({ video: VIDEO.replace("v", "w") })).to.deep.equal([]);
    const first = await call<ListErrorsResult>("errors.list", { limit: 1 });
    const second = await call<ListErrorsResult>("errors.list", { limit: 1, cursor: first.next });
    expect([...first.errors, ...second.errors].map(({ code }) => code)).to.deep.equal(["storage_full", "unexpected"]);
    expect(second.next).to.equal(undefined);
  });

  it("wait in the node's memory while Redis is away, and all count when it is back", async () => {
    const { port } = redis;
    await redis.kill();
    for (let n = 0; n < 5; n++) await ask("full");
    expect(findErrorCode(await rejection(call("errors.list"), "a list without Redis"))).to.equal("queue_unavailable");
    redis = await startRedis({ port });
    const group = await eventually(async () => (await list({ code: "storage_full" }).catch(() => [])).find(({ count }) => count === 5));
    expect(group).to.include({ state: "open", lastHour: 5 });
  });

  describe("in Redis", () => {
    let client: Redis;
    const batch = (name: string, groups: Partial<FailureBatch["groups"][number]>[]): FailureBatch => ({
      batch: name, node: "one", region: "eu", version: "1",
      groups: groups.map((group, n) => ({ id: `unexpected-${String(n).padStart(16, "0")}`, code: "unexpected", severity: "error", service: "cache", action: "cache.segment", count: 1, firstMs: 0, lastMs: 0, minutes: [], videos: [], message: "boom", stack: [], ...group })),
    });
    before(async () => { client = new Redis(redis.url); });
    after(() => client.disconnect());

    it("are bounded: a flood of different ones leaves those of other codes, and falls into one", async () => {
      let now = 1e12;
      const groups = openErrorGroups(client, redisKeys("flood"), () => now, { groups: 12, perCode: 5 });
      await groups.record(batch("a", [{ id: `encode_failed-${"a".repeat(16)}`, code: "encode_failed", lastMs: now }]));
      for (let n = 0; n < 30; n++) await groups.record(batch(`b${n}`, [{ id: `unexpected-${String(n).padStart(16, "0")}`, lastMs: now + n }]));
      now += 100;
      const { errors } = await groups.list({}, 100);
      expect(errors.map(({ id, count }) => [id, count])).to.deep.include.members([["unexpected-other", 25], [`encode_failed-${"a".repeat(16)}`, 1]]);
      expect(errors).to.have.length(7);
      for (let n = 0; n < 30; n++) await groups.record(batch(`c${n}`, [{ id: `code_${"x".repeat(n + 1)}-${"0".repeat(16)}`, code: `code_${"x".repeat(n + 1)}`, lastMs: now }]));
      expect((await groups.list({}, 100)).errors).to.have.length(12);
      expect(await client.keys("flood:errors:group:*")).to.have.length(12);
    });

    it("count a batch once, however often it is told, and forget what was not seen for long", async () => {
      let now = 1e12;
      const groups = openErrorGroups(client, redisKeys("twice"), () => now);
      const told = batch("a", [{ lastMs: now, firstMs: now, minutes: [[Math.floor(now / 60_000), 1], [Math.floor(now / 60_000) - 100, 4]], count: 5 }]);
      expect(await groups.record(told)).to.have.length(1);
      expect(await groups.record(told)).to.deep.equal([]);
      const [group] = (await groups.list({}, 10)).errors;
      expect(group).to.include({ count: 5, lastHour: 1, lastDay: 5 });
      now += 31 * 86_400_000;
      await groups.record(batch("b", [{ id: `unexpected-${"f".repeat(16)}`, lastMs: now }]));
      expect((await groups.list({}, 10)).errors.map(({ id }) => id)).to.deep.equal([`unexpected-${"f".repeat(16)}`]);
    });
  });

  it("of a video that failed and of a refused segment are told by their events", async () => {
    nodes[1]?.createService({ name: "videos", actions: { state: () => ({ outcome: { complete: false, at: "", reasons: [{ class: "encode_failed", message: "FFmpeg could not make segment 7." }] } }) } });
    await nodes[0]?.waitForServices(["videos"], 10_000);
    await nodes[1]?.emit("video.failed", { videoId: VIDEO });
    await nodes[1]?.emit("segment.refused", { videoId: VIDEO, rendition: "720p", segment: 4, fault: "black" });
    expect(await counted("video_failed", 1)).to.include({ action: "videos.encode_failed", severity: "error" });
    expect(await counted("segment_refused", 1)).to.include({ action: "quality.black" });
  });

  it("that a node noted last are told when it stops", async () => {
    const [, , third] = nodes;
    if (third === undefined) throw new Error("there is no third node");
    noteFailure(third, fail("storage_damaged", "A chunk was changed."), { action: "storage.get" });
    await third.stop();
    expect((await list({ code: "storage_damaged" })).map(({ count, severity }) => [count, severity])).to.deep.equal([[1, "critical"]]);
  });
});
