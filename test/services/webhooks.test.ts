/** Webhooks on a real Redis and a real directory of objects, to endpoints on this machine. */
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { CallingOptions } from "moleculer";
import { passports } from "../../config/access/passports.ts";
import type { Caller } from "../../config/access/permissions.ts";
import { fail, findErrorCode } from "../../config/errors.ts";
import type { DeliveriesResult, Delivery, EndpointSecret, EndpointView, ListEndpointsResult, QueuedResult } from "../../services/webhooks/webhooks.contract.ts";
import { Redis } from "ioredis";
import { eventually } from "../support/eventually.ts";
import type { TestServer } from "../support/nats.ts";
import { makeTempDir, removeDir, startProcess } from "../support/processes.ts";
import { startRedis } from "../support/redis.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace } from "../support/servers.ts";
import { sampleVideo, startWebhookNode, WEBHOOK_SECRET, type WebhookNode } from "../support/webhook-node.ts";
import { isSignedBy, startReceiver, type Receiver } from "../support/webhook-receiver.ts";

const papers = passports(WEBHOOK_SECRET, "test");
const as = (caller: Caller): CallingOptions => ({ meta: { passport: papers.issue(caller) } });
const ADMIN = as({ subject: "admin", roles: ["admin"] });
const PHYSICS = as({ subject: "key:physics", roles: ["submitter"], tenant: "physics" });
const ARTS = as({ subject: "key:arts", roles: ["admin"], tenant: "arts" });
const NODE = fileURLToPath(new URL("../support/webhook-node.ts", import.meta.url));
let n = 0;
const videoId = (): string => `01arz3ndektsv4rrffq69g${String(++n).padStart(4, "0")}`;

describe("webhooks", function () {
  this.timeout(40_000);
  let redis: TestServer;
  let client: Redis;
  let storeDir: string;
  let receiver: Receiver;
  let node: WebhookNode;
  const namespace = freshNamespace();
  const start = (): Promise<WebhookNode> => startWebhookNode({ redisUrl: redis.url, namespace, storeDir, allow: [receiver.hostPort], ports: { attemptMs: 1_500, leaseMs: 2_000 } });

  before(async () => {
    [redis, storeDir, receiver] = await Promise.all([startRedis(), makeTempDir("webhooks"), startReceiver()]);
    client = new Redis(redis.url);
    node = await start();
  });
  after(async () => {
    await node.broker.stop();
    client.disconnect();
    await Promise.all([redis.stop(), receiver.stop(), removeDir(storeDir)]);
  });
  afterEach(async () => {
    receiver.answer = (_, res) => void res.writeHead(204).end();
    for (const { id } of (await call<ListEndpointsResult>("webhooks.list", {})).webhooks) await call("webhooks.remove", { id });
  });

  const call = <Result>(action: string, params: object, options = ADMIN): Promise<Result> => node.broker.call(action, params, options);
  const create = (path: string, params: object = {}, options = ADMIN): Promise<EndpointSecret> => call("webhooks.create", { url: receiver.url + path, events: ["video.complete"], ...params }, options);
  const complete = async (changes: object = {}): Promise<string> => {
    const id = videoId();
    node.videos.set(id, sampleVideo(id, changes));
    await node.broker.emit("video.complete", { videoId: id });
    return id;
  };
  const deliveriesOf = async (id: string): Promise<Delivery[]> => (await call<DeliveriesResult>("webhooks.deliveries", { id })).deliveries;
  const delivery = (id: string, match: (one: Delivery) => boolean): Promise<Delivery> => eventually(async () => (await deliveriesOf(id)).find(match));
  const makeDue = async (endpoint: string): Promise<void> => {
    for (const message of await client.zrange(`${namespace}:webhooks:due:${endpoint}`, 0, -1)) await client.zadd(`${namespace}:webhooks:due:${endpoint}`, 0, message);
    await client.zadd(`${namespace}:webhooks:due`, 0, endpoint);
  };
  const codeOf = async (work: Promise<unknown>): Promise<unknown> => findErrorCode(await rejection(work, "what should be refused"));

  it("send what happened, signed, to endpoints that listen, each its tenant's", async () => {
    const [physics, all] = [await create("/physics", {}, PHYSICS), await create("/all")];
    await create("/arts", {}, ARTS);
    await create("/failed", { events: ["video.failed"] });
    const id = await complete({ tenant: "physics", visibility: "private", title: "Optics" });
    const [one, other] = await Promise.all(["/physics", "/all"].map((path) => receiver.received.until((got) => got.path === path && got.data["id"] === id)));
    if (one === undefined || other === undefined) throw new Error("nothing came");
    expect(one).to.deep.include({ type: "video.complete", timestamp: "2026-11-26T09:00:00.000Z", data: { id, status: "complete", tenant: "physics" } });
    expect(one.id).to.equal(other.id);
    expect([isSignedBy(physics.secret, one), isSignedBy(all.secret, other), isSignedBy(physics.secret, other)]).to.deep.equal([true, true, false]);
    expect(await delivery(physics.id, ({ status }) => status === "delivered")).to.deep.include({ id: one.id, attemptCount: 1 });
    await node.broker.emit("video.complete", { videoId: id }); // told once more
    await complete({ tenant: "arts" });
    await receiver.received.until(({ path }) => path === "/arts");
    expect(receiver.received.all.filter(({ data }) => data["id"] === id)).to.have.length(2);
    expect(receiver.received.all.some(({ path }) => path === "/failed")).to.equal(false);
  });

  it("are nobody's but their tenant's, and errors of the mesh are for operators", async () => {
    const { id } = await create("/physics", {}, PHYSICS);
    for (const action of ["get", "remove", "rotate", "enable", "test", "deliveries"]) expect(await codeOf(call(`webhooks.${action}`, { id }, ARTS)), action).to.equal("webhook_not_found");
    expect(await codeOf(call("webhooks.replay", { id, delivery: "msg_1" }, ARTS))).to.equal("webhook_not_found");
    expect((await call<ListEndpointsResult>("webhooks.list", {}, ARTS)).webhooks).to.deep.equal([]);
    expect(JSON.stringify(await call<ListEndpointsResult>("webhooks.list", {}, PHYSICS))).to.contain(id).and.to.not.contain("whsec");
    expect(await codeOf(create("/x", { tenant: "physics" }, ARTS))).to.equal("forbidden");
    expect(await codeOf(create("/x", { events: ["error.opened"] }, ARTS))).to.equal("forbidden");
    expect(await codeOf(create("/x", { events: ["error.opened"], tenant: "physics" }))).to.equal("forbidden");
    expect(await codeOf(create("/x", { events: ["error.opened"] }, as({ subject: "key:s", roles: ["submitter"] })))).to.equal("forbidden");
    const operator = await create("/ops", { events: ["error.opened"] }, as({ subject: "key:o", roles: ["operator"] }));
    await node.broker.emit("error.opened", { id: "unexpected-other", code: "unexpected", lastSeen: "2026-11-26T09:00:00.000Z" });
    expect(isSignedBy(operator.secret, await receiver.received.until(({ path }) => path === "/ops"))).to.equal(true);
    for (let made = 1; made < 20; made++) await create("/many", {}, PHYSICS);
    expect(await codeOf(create("/many", {}, PHYSICS))).to.equal("conflict");
  });

  it("go to no address that is not public, by name or number, and follow nobody anywhere", async () => {
    for (const url of ["http://example.org/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest", "https://10.0.0.1/", "https://localhost/", "https://0x7f000001/", "https://example.org:8443/", `https://${receiver.hostPort.replace(/\d+$/, "1")}/`, "https://intranet/"]) {
      expect(await codeOf(call("webhooks.create", { url, events: ["video.complete"] })), url).to.equal("webhook_refused");
    }
    expect(await codeOf(call("webhooks.create", { url: "https://u:p@example.org/", events: ["video.complete"] }))).to.equal("bad_url");
    receiver.answer = ({ path }, res) => void (path === "/moved" ? res.writeHead(307, { Location: "/secret" }) : res.writeHead(204)).end();
    const { id } = await create("/moved");
    await complete();
    expect((await delivery(id, ({ attemptCount }) => attemptCount === 1)).attempts[0]).to.include({ status: 307 });
    expect(receiver.received.all.some(({ path }) => path === "/secret")).to.equal(false);
  });

  it("are not sent to a name that points to another address by the time of the delivery", async () => {
    let address = "93.184.215.14";
    await node.broker.stop();
    node = await startWebhookNode({ redisUrl: redis.url, namespace, storeDir, allow: [], ports: { resolve: async () => [address], attemptMs: 1_500, leaseMs: 2_000 } });
    const { id } = await call<EndpointView>("webhooks.create", { url: "https://hook.example/", events: ["video.complete"] });
    address = "127.0.0.1";
    await complete();
    expect((await delivery(id, ({ attemptCount }) => attemptCount === 1)).attempts[0]).to.include({ error: "its address is not a public one" });
    await node.broker.stop();
    node = await start();
  });

  it("try again what failed, when the endpoint wants it, under the same id; and once more when somebody asks", async () => {
    receiver.answer = ({ path }, res) => void res.writeHead(path === "/later" ? 503 : 204, { "Retry-After": "3600" }).end("x".repeat(100_000));
    const { id } = await create("/later");
    const video = await complete();
    const first = await delivery(id, ({ attemptCount }) => attemptCount === 1);
    expect(Date.parse(first.nextAttemptAt ?? "") - Date.now()).to.be.within(3_500_000, 3_600_000);
    receiver.answer = (_, res) => void res.writeHead(200).end();
    await makeDue(id);
    expect((await delivery(id, ({ status }) => status === "delivered")).attempts.map(({ status }) => status)).to.deep.equal([503, 200]);
    expect(await call<QueuedResult>("webhooks.replay", { id, delivery: first.id })).to.deep.equal({ id, delivery: first.id });
    await delivery(id, ({ attemptCount, status }) => attemptCount === 3 && status === "delivered");
    const got = receiver.received.all.filter(({ data }) => data["id"] === video);
    expect(new Set(got.map(({ id: message }) => message)).size).to.equal(1);
    expect(got).to.have.length(3);
    expect(await codeOf(call("webhooks.replay", { id, delivery: "msg_unknown" }))).to.equal("webhook_not_found");
  });

  it("are disabled by 410, which is said, until somebody enables them", async () => {
    receiver.answer = (_, res) => void res.writeHead(410).end();
    const { id } = await create("/gone");
    await complete();
    const view = await eventually(async () => { const now = await call<EndpointView>("webhooks.get", { id }); return now.disabled === undefined ? undefined : now; });
    expect(view.disabled).to.include({ why: "gone" });
    expect((await deliveriesOf(id))[0]).to.include({ status: "failed" });
    expect(await codeOf(call("webhooks.test", { id }))).to.equal("conflict");
    receiver.answer = (_, res) => void res.writeHead(204).end();
    expect(await call<EndpointView>("webhooks.enable", { id })).to.not.have.property("disabled");
    const { delivery: message } = await call<QueuedResult>("webhooks.test", { id });
    expect(await receiver.received.until((got) => got.id === message)).to.include({ type: "webhook.test", path: "/gone" });
  });

  it("that nothing has reached for days are disabled", async () => {
    receiver.answer = (_, res) => void res.writeHead(500).end();
    const { id } = await create("/failing");
    const daysAgo = (days: number): string => String(Date.now() - days * 86_400_000);
    await client.hset(`${namespace}:webhooks:health:${id}`, { since: daysAgo(4), last: daysAgo(2) });
    await complete();
    await delivery(id, ({ attemptCount }) => attemptCount === 1);
    expect((await call<EndpointView>("webhooks.get", { id })).disabled, "of the days between nobody knows").to.equal(undefined);
    await client.hset(`${namespace}:webhooks:health:${id}`, { since: daysAgo(4), last: daysAgo(0.1) });
    await complete();
    await eventually(async () => (await call<EndpointView>("webhooks.get", { id })).disabled?.why === "failing");
  });

  it("sign with both secrets for a day after one was rotated", async () => {
    const { id, secret } = await create("/rotated");
    const rotated = await call<EndpointSecret>("webhooks.rotate", { id });
    expect(rotated.secret).to.not.equal(secret);
    await complete();
    const got = await receiver.received.until(({ path }) => path === "/rotated");
    expect([isSignedBy(secret, got), isSignedBy(rotated.secret, got)]).to.deep.equal([true, true]);
  });

  it("do not keep each other waiting: one that never answers has few at once", async () => {
    let [open, most] = [0, 0];
    receiver.answer = ({ path }, res) => {
      if (path !== "/slow") return void res.writeHead(204).end();
      most = Math.max(most, ++open);
      res.once("close", () => { open--; });
    };
    const [slow, quick] = [await create("/slow"), await create("/quick")];
    for (let made = 0; made < 12; made++) await complete();
    await eventually(async () => (await deliveriesOf(quick.id)).filter(({ status }) => status === "delivered").length === 12);
    expect((await deliveriesOf(slow.id)).filter(({ status }) => status === "delivered")).to.deep.equal([]);
    expect((await delivery(slow.id, ({ attemptCount }) => attemptCount === 1)).attempts[0]?.error).to.equal("no answer within 1.5 s");
    expect(most).to.equal(2);
  });

  it("of one tenant do not keep another's waiting, however many of them hang, and on one host", async () => {
    receiver.answer = ({ path }, res) => { if (path === "/quick") res.writeHead(204).end(); };
    const hanging = await Promise.all(Array.from({ length: 20 }, (_, of) => create(`/hangs/${of}`, {}, PHYSICS)));
    const quick = await create("/quick", {}, ARTS);
    for (let made = 0; made < 6; made++) await complete({ tenant: "physics" });
    await eventually(async () => (await deliveriesOf(hanging[0]?.id ?? "")).length === 6);
    const began = receiver.received.all.filter(({ path }) => path !== "/quick").length;
    const id = await complete({ tenant: "arts" });
    await receiver.received.until(({ path, data }) => path === "/quick" && data["id"] === id);
    await delivery(quick.id, ({ status }) => status === "delivered");
    const tried = receiver.received.all.filter(({ path }) => path !== "/quick").length;
    expect(tried - began, "of 120 that wait, eight at a time").to.be.at.most(24);
  });

  it("are sent once while the store takes no note of it, and end when it does", async () => {
    const { id } = await create("/full");
    const storage = node.broker.getLocalService("storage") as unknown as { objects: { put(key: string, ...rest: unknown[]): Promise<unknown> } };
    const { objects: store } = storage;
    storage.objects = Object.assign(Object.create(store) as typeof store, { put: async (key: string, ...rest: unknown[]) => { if (key.startsWith("webhooks/done/")) throw fail("storage_full", "It is full."); return await store.put(key, ...rest); } });
    await complete();
    const one = await delivery(id, ({ status }) => status === "delivered");
    await makeDue(id);
    await new Promise((resolve) => { setTimeout(resolve, 2_500); }); // longer than a look, and a lease
    storage.objects = store;
    await makeDue(id);
    await eventually(async () => (await call<{ objects: unknown[] }>("storage.list", { prefix: `webhooks/pending/${id}/` })).objects.length === 0);
    expect(receiver.received.all.filter(({ path }) => path === "/full").map((got) => got.id)).to.deep.equal([one.id]);
    expect((await deliveriesOf(id))[0]).to.deep.include({ status: "delivered", attemptCount: 1 });
  });

  it("outlive the node that sends and a Redis that is emptied: the same message comes from another", async () => {
    const { id } = await create("/killed");
    await node.broker.stop();
    receiver.answer = () => undefined; // it is killed while it waits for this
    const video = videoId();
    const child = await startProcess(process.execPath, [NODE, JSON.stringify({ redisUrl: redis.url, namespace, storeDir, allow: [receiver.hostPort], videoId: video })]);
    const first = await receiver.received.until(({ data }) => data["id"] === video);
    await child.kill();
    await client.flushall();
    receiver.answer = (_, res) => void res.writeHead(204).end();
    const before = receiver.received.all.length;
    node = await start();
    await eventually(async () => (await deliveriesOf(id)).some(({ status }) => status === "delivered"));
    expect(receiver.received.all.slice(before).map(({ id: message, path }) => [message, path])).to.deep.equal([[first.id, "/killed"]]);
  });

  it("find a video whose event was lost, of those that were posted after the webhook, and send nothing twice", async () => {
    const old = videoId();
    node.videos.clear();
    node.videos.set(old, sampleVideo(old, { createdAt: new Date(Date.now() - 60_000).toISOString() }));
    const { id } = await create("/swept");
    const [told, lost] = [await complete(), videoId()];
    await delivery(id, ({ status }) => status === "delivered");
    node.videos.set(lost, sampleVideo(lost));
    const elsewhere = videoId();
    node.videos.set(elsewhere, sampleVideo(elsewhere, { region: "elsewhere" })); // which tells of it
    await client.flushall();
    await (node.broker.getLocalService("webhooks") as unknown as { sweep: { sweepVideos(): Promise<void> } }).sweep.sweepVideos();
    await receiver.received.until(({ data }) => data["id"] === lost);
    await eventually(async () => (await deliveriesOf(id)).some(({ status }) => status === "delivered"));
    expect(receiver.received.all.filter(({ path }) => path === "/swept").map(({ data }) => data["id"])).to.deep.equal([told, lost]);
  });

  it("that are removed get nothing more, of what waited either", async () => {
    receiver.answer = (_, res) => void res.writeHead(500).end();
    const { id } = await create("/removed");
    await complete();
    await delivery(id, ({ attemptCount }) => attemptCount === 1);
    await call("webhooks.remove", { id });
    expect(await codeOf(call("webhooks.get", { id }))).to.equal("webhook_not_found");
    expect(await client.keys(`${namespace}:webhooks:*${id}*`)).to.deep.equal([]);
    const left = async (): Promise<unknown[]> => (await call<{ objects: unknown[] }>("storage.list", { prefix: `webhooks/pending/${id}/` })).objects;
    expect(await left()).to.deep.equal([]);
    await call("storage.put", { key: `webhooks/pending/${id}/msg_late`, bytes: Buffer.from("{}") }); // of a node that had not heard
    await (node.broker.getLocalService("webhooks") as unknown as { sweep: { sweepVideos(): Promise<void> } }).sweep.sweepVideos();
    expect(await left()).to.deep.equal([]);
  });
});
