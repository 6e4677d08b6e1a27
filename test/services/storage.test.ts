/** storage as its callers see it: beside them, and across a mesh. */
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { expect } from "chai";
import { ServiceBroker, type BrokerOptions } from "moleculer";
import { fail } from "../../config/errors.ts";
import { readReply } from "../../mixins/byte-reply.ts";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import type { StoreLocation } from "../../config/config.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { memoryStore } from "../support/memory-store.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";

const KiB = 1024;
const LOCATION: StoreLocation = { kind: "s3", bucket: "lectures", endpoint: "http://operator:secret-word@127.0.0.1:9" };

describe("storage service", () => {
  let near: ServiceBroker;
  let far: ServiceBroker;
  let store: ReturnType<typeof memoryStore>;

  before(async function () {
    this.timeout(20_000);
    const { url } = await sharedNats();
    const mesh: BrokerOptions = {
      namespace: freshNamespace(), transporter: { type: "NATS", options: { url } }, serializer: "CBOR", requestTimeout: 5_000,
      retryPolicy: { enabled: true, retries: 2, delay: 1, check: (error: Error) => "retryable" in error && error.retryable === true }, logger: false,
    };
    store = memoryStore();
    near = new ServiceBroker({ ...mesh, nodeID: "near" });
    far = new ServiceBroker({ ...mesh, nodeID: "far" });
    near.createService(storageService({ store: LOCATION }, async () => store));
    await Promise.all([near.start(), far.start()]);
    await far.waitForServices("storage", 10_000, 20);
  });
  after(async () => {
    await Promise.all([near?.stop(), far?.stop()]);
  });

  it("keeps and answers bytes, for a caller beside it without copying them", async () => {
    const bytes = randomBytes(900 * KiB);
    expect(await near.call("storage.put", { key: "a/b", bytes })).to.deep.equal({ stored: true });
    const reply: unknown = await near.call("storage.get", { key: "a/b" });
    expect(Buffer.isBuffer(reply)).to.equal(true);
    expect((await readReply(reply)).equals(bytes)).to.equal(true);
    expect(await readReply(reply)).to.equal(reply);
  });

  for (const size of [0, 1, 512 * KiB, 512 * KiB + 1, 5_000_003]) {
    it(`answers ${size} bytes to another node`, async () => {
      const bytes = randomBytes(size);
      store.objects.set("far/a", bytes);
      const reply: unknown = await far.call("storage.get", { key: "far/a" });
      expect(reply instanceof Readable).to.equal(size > 512 * KiB);
      expect((await readReply(reply)).equals(bytes)).to.equal(true);
      const part: unknown = await far.call("storage.readRange", { key: "far/a", start: 1, end: size });
      expect((await readReply(part)).equals(bytes.subarray(1))).to.equal(true);
    });
  }

  it("takes bytes from another node", async () => {
    expect(await far.call("storage.put", { key: "far/put", bytes: randomBytes(900 * KiB) })).to.deep.equal({ stored: true });
    expect(await far.call("storage.put", { key: "far/put", bytes: new Uint8Array([1, 2]) })).to.deep.equal({ stored: true });
    expect(await far.call("storage.put", { key: "far/put", bytes: Buffer.from("x"), ifAbsent: true })).to.deep.equal({ stored: false });
    expect(store.objects.get("far/put")).to.deep.equal(Buffer.from([1, 2]));
  });

  it("copies within the store", async () => {
    store.objects.set("copy/a", Buffer.from("abc"));
    for (const [i, broker] of [near, far].entries()) expect(await broker.call("storage.copy", { from: "copy/a", to: `copy/${i}` })).to.deep.equal({ copied: true, size: 3 });
    expect(store.objects.get("copy/1")).to.deep.equal(Buffer.from("abc"));
  });

  it("answers null where nothing is", async () => {
    for (const broker of [near, far]) {
      expect(await broker.call("storage.copy", { from: "no/thing", to: "no/copy" })).to.equal(null);
      expect(await broker.call("storage.get", { key: "no/thing" })).to.equal(null);
      expect(await broker.call("storage.readRange", { key: "no/thing", start: 0, end: 5 })).to.equal(null);
      expect(await broker.call("storage.head", { key: "no/thing" })).to.equal(null);
    }
  });

  it("takes an upload from a caller beside it and from another node", async () => {
    const bytes = randomBytes(3_000_000);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    for (const broker of [near, far]) {
      const stream = Readable.from([bytes.subarray(0, 700_000), bytes.subarray(700_000)], { objectMode: false });
      expect(await broker.call("storage.upload", { key: "up/a", maxBytes: 3_000_000 }, { stream })).to.deep.equal({ size: 3_000_000, sha256 });
      expect(store.objects.get("up/a")?.equals(bytes)).to.equal(true);
      store.objects.clear();
    }
  });

  it("refuses an upload that is too large, has no stream, or breaks on its way", async () => {
    for (const broker of [near, far]) {
      const large = Readable.from([Buffer.alloc(200)], { objectMode: false });
      expect(await rejection(broker.call("storage.upload", { key: "up/b", maxBytes: 100 }, { stream: large }), "too large")).to.include({ type: "source_too_large", code: 413 });
      expect(await rejection(broker.call("storage.upload", { key: "up/b", maxBytes: 100 }), "no stream")).to.include({ type: "bad_request" });
      const broken = Readable.from((async function* () {
        yield Buffer.alloc(10);
        throw fail("upload_incomplete", "staged");
      })(), { objectMode: false });
      expect(await rejection(broker.call("storage.upload", { key: "up/b", maxBytes: 100 }, { stream: broken }), "broken")).to.include({ type: "upload_incomplete" });
      expect(store.objects.has("up/b")).to.equal(false);
    }
  });

  it("does not try a write again by itself, since the first try may have got through", async () => {
    const { put } = store;
    let tries = 0;
    store.put = async (...args) => {
      tries++;
      await put(...args);
      throw fail("storage_unavailable", "staged: the answer is lost");
    };
    try {
      for (const broker of [near, far]) {
        expect(await rejection(broker.call("storage.put", { key: `once/${broker.nodeID}`, bytes: Buffer.from("x"), ifAbsent: true }), "lost")).to.include({ type: "storage_unavailable" });
      }
    } finally {
      store.put = put;
    }
    expect(tries).to.equal(2);
  });

  it("lists, tells sizes and removes", async () => {
    store.objects.clear();
    for (const key of ["v/1/a", "v/1/b", "v/2/a"]) await near.call("storage.put", { key, bytes: Buffer.from(key) });
    expect(await far.call("storage.list", { prefix: "v/", delimiter: "/", limit: 1 })).to.deep.equal({ objects: [], prefixes: ["v/1/"], next: "v/1/" });
    expect(await far.call("storage.list", { prefix: "", after: "v/1/a" })).to.deep.equal({ objects: [{ key: "v/1/b", size: 5 }, { key: "v/2/a", size: 5 }], prefixes: [] });
    expect(await far.call("storage.head", { key: "v/1/b" })).to.include({ size: 5 });
    await far.call("storage.remove", { key: "v/1/a" });
    expect(await far.call("storage.removePrefix", { prefix: "v/1/" })).to.deep.equal({ removed: 1 });
    expect([...store.objects.keys()]).to.deep.equal(["v/2/a"]);
  });

  it("refuses malformed parameters and hostile keys", async () => {
    const calls: [string, object][] = [
      ["put", { key: "a", bytes: "text" }], ["put", { bytes: Buffer.from("x") }], ["get", { key: 5 }], ["readRange", { key: "a", start: -1, end: 5 }],
      ["readRange", { key: "a", start: 0.5, end: 5 }], ["list", { prefix: "", limit: 0 }], ["list", { prefix: "", delimiter: "-" }],
    ];
    for (const [action, params] of calls) expect(await rejection(near.call(`storage.${action}`, params), action)).to.include({ type: "VALIDATION_ERROR" });
    for (const key of ["../a", ".tmp/a", "a\\b"]) expect(await rejection(far.call("storage.get", { key }), key)).to.include({ type: "bad_request", code: 400 });
  });

  it("shows no other node where its store is", async () => {
    const services: unknown = await far.call("$node.services", { withActions: true, withEvents: true });
    expect(JSON.stringify(services)).to.include("storage").and.not.include("secret-word");
  });
});

describe("storage service and a store in trouble", () => {
  const start = async (store: ObjectStore): Promise<ServiceBroker> => {
    const broker = new ServiceBroker({ nodeID: "alone", logger: false });
    broker.createService(storageService({ store: LOCATION }, async () => store));
    await broker.start();
    return broker;
  };

  it("says so when it is checked, and when it is well again", async () => {
    const store = memoryStore();
    let down = true;
    const broker = await start({ ...store, probe: async () => { if (down) throw fail("storage_unavailable", "staged"); } });
    expect(await rejection(broker.call("storage.check"), "down")).to.include({ type: "storage_unavailable", code: 503 });
    down = false;
    expect(await broker.call("storage.check")).to.equal(null);
    await broker.stop();
  });

  it("probes once for many who ask at the same time", async () => {
    const store = memoryStore();
    let probes = 0;
    const broker = await start({ ...store, probe: async () => { probes++; } });
    await Promise.all(Array.from({ length: 10 }, () => broker.call("storage.check")));
    expect(probes).to.equal(1);
    await broker.stop();
  });

  it("sweeps when it starts, and closes its store when it stops", async () => {
    const store = memoryStore();
    const done: string[] = [];
    const broker = await start({ ...store, sweep: async () => done.push("swept"), close: async () => { done.push("closed"); } });
    await broker.stop();
    expect(done).to.deep.equal(["swept", "closed"]);
  });

  it("does not start on a directory that cannot be made", async () => {
    const broker = new ServiceBroker({ nodeID: "alone", logger: false });
    broker.createService(storageService({ store: { kind: "file", dir: "/dev/null/store" } }));
    expect(await rejection(broker.start(), "start")).to.have.property("type");
    await broker.stop();
  });
});
