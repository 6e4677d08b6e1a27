/** The audit log as a node writes it: what is recorded of whom, when it is durable, and who may read it. */
import { statSync } from "node:fs";
import type { Readable } from "node:stream";
import { expect } from "chai";
import type { Context, ServiceBroker } from "moleculer";
import type { Caller } from "../../config/access/permissions.ts";
import { auditSinkOf, noteAccess } from "../../config/audit-sink.ts";
import { fail, findErrorCode } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import type { QueryParams, QueryResult, RecordView } from "../../services/audit/audit.contract.ts";
import { openKeyFile } from "../../services/audit/key-file.ts";
import { verifyLog, type Report } from "../../services/audit/verify/verify-log.ts";
import { as, auditedBroker, type Audited } from "../support/audited-broker.ts";
import { eventually } from "../support/eventually.ts";
import { rejection } from "../support/rejection.ts";

const ADMIN: Caller = { subject: "key:1", roles: ["admin"] };
const PHYSICS: Caller = { subject: "key:2", roles: ["admin"], tenant: "physics" };
const PERSON: Caller = { subject: "login:ada@school.example", roles: ["submitter"] };
const ID = "01arz3ndektsv4rrffq69g5fav";

describe("the audit log of a node", () => {
  let node: Audited;
  let broker: ServiceBroker;
  let put: Audited["store"]["put"];
  let did: string[];
  /** What the change itself waits for. */
  let change: () => Promise<unknown>;

  beforeEach(async () => {
    node = auditedBroker();
    ({ broker } = node);
    ({ put } = node.store);
    did = [];
    change = async () => undefined;
    const act = (name: string, answer: unknown = null) => async (): Promise<unknown> => {
      did.push(name);
      await change();
      return answer;
    };
    broker.createService({ name: "videos", actions: { submit: act("submit", { id: ID }), remove: act("remove"), get: act("get") } });
    broker.createService({ name: "access", actions: { listKeys: act("listKeys"), createKey: act("createKey", { id: "f".repeat(20), key: "lectern_secret" }) } });
    broker.createService({ name: "webhooks", actions: { create: act("createWebhook") } });
    broker.createService({ name: "operator", actions: { pause: act("pause") } });
    await broker.start();
  });
  afterEach(async () => {
    node.store.put = put; // a node that stops writes what waits
    await node.stop();
  });

  const query = async (params: QueryParams = {}, by: Caller = { subject: "key:9", roles: ["auditor"] }): Promise<QueryResult> => broker.call("audit.query", params, as(by));
  /** What is there of an action, oldest first, when there are so many. */
  const recorded = async (action: string, count: number): Promise<RecordView[]> => {
    let found: RecordView[] = [];
    await eventually(async () => (found = (await query({ action })).records).length === count);
    return found.toReversed();
  };
  const storeFails = (): void => { node.store.put = async () => { throw fail("storage_unavailable", "staged"); }; };
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => findErrorCode(await rejection(work, "it"));
  const exported = async (): Promise<string[]> => {
    const chunks: Buffer[] = [];
    for await (const chunk of await broker.call<Readable, object>("audit.export", {}, as(ADMIN))) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString("utf8").trimEnd().split("\n");
  };
  const verify = async (): Promise<Report> => verifyLog(await exported(), { trusted: [(await openKeyFile(node.auditKey, new Date())).certificate] });

  it("says who did what to what, from where, and what came of it", async () => {
    await broker.call("access.createKey", { roles: ["viewer", "operator"], tenant: "arts", name: "for ada" }, as(PHYSICS, { from: "p:1", operation: "createKey" }));
    const [begun, done] = await recorded("access.createKey", 2);
    const about = { action: "access.createKey", permission: "keys.manage", operation: "createKey", from: "p:1", requestId: "req-1", node: broker.nodeID, who: { subject: "key:2", tenant: "physics", roles: ["admin"] } };
    expect(begun).to.deep.include({ ...about, type: "begun", target: { roles: "viewer,operator", tenant: "arts" } });
    expect(done).to.deep.include({ ...about, type: "done", result: "ok", begun: begun?.seq, target: { roles: "viewer,operator", tenant: "arts", key: "f".repeat(20) } });
    expect(JSON.stringify(await exported()), "neither secrets nor people's words").to.not.match(/lectern_secret|for ada/);
  });

  it("says what failed, and how", async () => {
    change = async () => { throw fail("video_not_found", "There is no such video."); };
    expect(await codeOf(broker.call("videos.remove", { id: ID }, as(ADMIN)))).to.equal("video_not_found");
    change = async () => { throw new Error("a path: /etc/passwd"); };
    await rejection(broker.call("videos.remove", { id: ID }, as(ADMIN)), "it");
    expect((await recorded("videos.remove", 4)).map(({ type, result }) => [type, result])).to.deep.equal([["begun", undefined], ["done", "video_not_found"], ["begun", undefined], ["done", "internal_error"]]);
  });

  it("has what is about to be done before it is done, and does nothing that it cannot write down", async () => {
    let there = 0;
    change = async () => { there = [...node.store.objects.keys()].filter((key) => key.includes("/records/")).length; };
    await broker.call("videos.remove", { id: ID }, as(ADMIN));
    expect(there).to.equal(1);
    storeFails();
    did = [];
    expect(await codeOf(broker.call("videos.remove", { id: ID }, as(ADMIN)))).to.equal("storage_unavailable");
    expect(did).to.deep.equal([]);
  });

  it("is written beside a post, which is answered when both are done, and in no other order", async () => {
    const { promise: written, resolve: write } = Promise.withResolvers<undefined>();
    node.store.put = async (...args) => {
      await written;
      return await put(...args);
    };
    const answered = broker.call("videos.submit", { source: { kind: "url", url: "https://ada:secret@media.example/a.mp4" } }, as(PERSON)).then(() => did.push("answered"));
    await eventually(() => did.includes("submit"));
    expect(did, "the post did not wait for the log").to.deep.equal(["submit"]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(did, "the answer does").to.deep.equal(["submit"]);
    write(undefined);
    await answered;
    const [, done] = await recorded("videos.submit", 2);
    expect(done?.target).to.include({ video: ID }).and.property("source").match(/^p:[0-9a-f]{32}$/);
    storeFails();
    expect(await codeOf(broker.call("videos.submit", { source: {} }, as(ADMIN)))).to.equal("storage_unavailable");
  });

  it("does not keep an operator from stopping things while the store is away, and has it later", async () => {
    storeFails();
    await broker.call("operator.pause", { lane: "bulk" }, as(ADMIN));
    expect(did).to.deep.equal(["pause"]);
    node.store.put = put;
    expect((await recorded("operator.pause", 2)).map(({ type, target }) => [type, target])).to.deep.equal([["begun", { lane: "bulk" }], ["done", { lane: "bulk" }]]);
  });

  it("has who saw what only some may see, and not what nodes see; reading goes on while it cannot be written", async () => {
    await broker.call("access.listKeys", {}, as(ADMIN));
    await broker.call("access.listKeys");
    expect(await recorded("access.listKeys", 1)).to.have.length(1);
    storeFails();
    await broker.call("access.listKeys", {}, as(ADMIN));
    expect(did).to.deep.equal(["listKeys", "listKeys", "listKeys"]);
  });

  it("has who asked it", async () => {
    await query({ video: ID });
    const asked = await recorded("audit.query", 1);
    expect(asked[0]).to.deep.include({ type: "access", result: "ok", target: { video: ID }, who: { subject: "key:9", roles: ["auditor"] } });
  });

  it("has where a webhook goes, and nothing of its address that would let somebody in", async () => {
    for (const url of ["https://chat.example:8443/services/T0k3n", "https://chat.example/T0k3n?x=1", "https://u:T0k3n@chat.example/", "no://T0k3n", "://T0k3n"]) await broker.call("webhooks.create", { url }, as(ADMIN));
    const told = (await recorded("webhooks.create", 10)).filter(({ type }) => type === "begun").map((record) => String(record.target?.["url"]));
    expect(told.map((text) => text.replace(/[^ ]*$/, ""))).to.deep.equal(["https://chat.example:8443 ", "https://chat.example ", "https://chat.example ", "", ""]);
    expect(JSON.stringify(await exported())).to.not.include("T0k3n");
  });

  it("is not written for whoever watches", async () => {
    const before = node.store.objects.size;
    for (let n = 0; n < 10; n++) await broker.call("videos.get", { id: ID }, as({ subject: "anonymous", roles: [] }));
    await node.broker.call("audit.checkpoint");
    expect(node.store.objects.size).to.equal(before);
  });

  it("names nobody: a log-in and an address have pseudonyms, by which they are found", async () => {
    const sink = auditSinkOf(broker);
    if (sink === undefined || sink === "opening") throw new Error("the log is not open");
    await broker.call("videos.submit", { source: {} }, as(PERSON, { from: sink.ofAddress("192.0.2.7") }));
    await recorded("videos.submit", 2);
    const { records } = await query({ subject: PERSON.subject, result: "ok" });
    expect(records.map(({ who }) => who?.subject)).to.deep.equal([sink.ofSubject(PERSON.subject)]);
    expect(sink.ofSubject(PERSON.subject)).to.match(/^p:[0-9a-f]{32}$/);
    await query({ subject: "login:grace" });
    const [asked] = await eventually(async () => { const found = await query({ about: sink.ofSubject("login:grace") }); return found.records.length > 0 && found.records; });
    expect(asked?.target, "nor is who is asked about").to.deep.equal({ subject: sink.ofSubject("login:grace") });
    for (const bytes of node.store.objects.values()) expect(bytes.toString("latin1")).to.not.match(/ada@school|grace|192\.0\.2\.7/);
  });

  it("counts who was refused, and has it when the node stops", async () => {
    for (let n = 0; n < 50; n++) expect(await codeOf(broker.call("videos.remove", { id: ID }, as({ subject: "key:3", roles: ["viewer"] }, { from: "p:3" })))).to.equal("forbidden");
    expect(await codeOf(broker.call("videos.remove", { id: ID }, { meta: { passport: "forged" } }))).to.equal("unauthorized");
    await broker.call("videos.remove", { id: ID }, as(ADMIN));
    node.store.close = async () => storeFails(); // as that of a bucket, of which all services stop at once
    await node.broker.stop();
    const text = [...node.store.objects.values()].map(String).join("\n").split("\n");
    const refused = text.filter((line) => line.includes("\"type\":\"refused\"")).map((line) => JSON.parse(line) as RecordView);
    expect(refused.map(({ who, count, result, action, from }) => [who?.subject, count, result, action, from])).to.deep.equal([["key:3", 50, "forbidden", "videos.remove", "p:3"], ["nobody", 1, "unauthorized", "videos.remove", undefined]]);
    expect(text.filter((line) => line.includes("\"type\":\"closed\""))).to.have.length(1);
    expect([...node.store.objects.keys()].filter((key) => key.includes("/checkpoints/"))).to.have.length(1);
  });

  it("takes what services have to say of themselves", async () => {
    const place = await broker.call<{ seq: number }, object>("audit.record", { type: "erasure", subject: PERSON.subject, target: { video: ID } });
    const { records } = await query({ subject: PERSON.subject });
    expect(records[0]).to.deep.include({ type: "erasure", target: { video: ID }, result: "ok", seq: place.seq });
    expect(await codeOf(broker.call("audit.record", { type: "erasure" }, as({ subject: "key:1", roles: ["auditor"] })))).to.equal("forbidden");
  });

  it("has uploads that were finished, and what an action itself knows to be seen by few only", async () => {
    await broker.emit("upload.finished", { uploadId: ID, sha256: "0".repeat(64) });
    expect((await recorded("upload.finished", 1))[0]?.target).to.deep.equal({ upload: ID, sha256: "0".repeat(64) });
    broker.createService({ name: "delivery", actions: { media(ctx: Context) { noteAccess(ctx, callerOf(ctx), "videos.watch", { video: ID }); } } });
    await broker.waitForServices("delivery");
    await broker.call("delivery.media", {}, as(PERSON, { from: "p:1" }));
    expect((await recorded("delivery.media", 1))[0]).to.deep.include({ type: "access", permission: "videos.watch", target: { video: ID }, from: "p:1", result: "ok" });
  });

  it("shows a tenant's key what was done with that tenant's keys and for it", async () => {
    await broker.call("access.createKey", { roles: ["viewer"] }, as(PHYSICS));
    await broker.call("access.createKey", { roles: ["viewer"], tenant: "physics" }, as(ADMIN));
    await broker.call("access.createKey", { roles: ["viewer"], tenant: "arts" }, as(ADMIN));
    await recorded("access.createKey", 6);
    const { records } = await query({ action: "access.createKey", result: "ok" }, PHYSICS);
    expect(records.map(({ who, target }) => [who?.tenant, target?.["tenant"]])).to.deep.equal([[undefined, "physics"], ["physics", undefined]]);
    expect(await codeOf(broker.call("audit.export", {}, as(PHYSICS)))).to.equal("forbidden");
    for (const roles of [["viewer"], ["submitter"], ["operator"]] as const) expect(await codeOf(query({}, { subject: "key:4", roles })), roles.join()).to.equal("forbidden");
  });

  it("is intact as it is exported, and its key is for its user's eyes only", async () => {
    await Promise.all(Array.from({ length: 50 }, () => broker.call("videos.remove", { id: ID }, as(ADMIN))));
    const { verdict, counts } = await verify();
    expect(verdict).to.equal("intact");
    expect(counts).to.include({ unended: 0, checkpoints: 1, keys: 1 });
    expect(counts.heads, "a hundred records are few writes").to.be.below(20);
    expect(statSync(node.auditKey).mode & 0o777).to.equal(0o600);
  });

  it("says of what was begun when a node died that nobody knows what came of it", async () => {
    change = () => new Promise(() => undefined);
    void broker.call("videos.remove", { id: ID }, as(ADMIN)).catch(() => undefined);
    await recorded("videos.remove", 1);
    const { verdict, counts } = await verify();
    expect([verdict, counts.unended, counts.open]).to.deep.equal(["intact", 1, 1]);
  });

  it("makes one key, whoever of several comes first", async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => openKeyFile(`${node.auditKey}.other`, new Date())));
    expect(new Set(keys.map(({ certificate }) => certificate.key)).size).to.equal(1);
  });
});
