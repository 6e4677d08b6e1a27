/** S3 on its bad days: what a call makes of them, and what is in the bucket then. */
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { expect } from "chai";
import { breakStore, type BrokenStore } from "../../services/storage/store-breaker.ts";
import { openS3Store } from "../../services/storage/s3-store.ts";
import { eventually } from "../support/eventually.ts";
import { rejection } from "../support/rejection.ts";
import { freshBucket } from "../support/s3.ts";
import { startS3FaultProxy, type S3FaultProxy } from "../support/s3-fault-proxy.ts";
import { sharedS3 } from "../support/servers.ts";

const MiB = 1024 * 1024;

describe("S3 behind a proxy of faults", function () {
  this.timeout(60_000);
  let proxy: S3FaultProxy;
  let store: BrokenStore;
  const told: string[] = [];
  beforeEach(async function () {
    this.timeout(180_000);
    const { endpoint, accessKeyId, secretAccessKey } = await sharedS3();
    proxy = await startS3FaultProxy(endpoint);
    const events = { onFailure: () => undefined, onOpen: (message: string) => { told.push(`away: ${message}`); }, onClose: () => { told.push("back"); } };
    store = breakStore(await openS3Store({ bucket: freshBucket(), endpoint: proxy.endpoint, credentials: { accessKeyId, secretAccessKey } }), events, { firstPauseMs: 50, maxPauseMs: 200 });
    await store.put("warm", Buffer.from("x"));
    told.length = 0;
  });
  afterEach(async () => {
    await store?.close();
    await proxy?.stop();
  });

  it("does all that it is asked for while one request in four is told to slow down", async () => {
    proxy.faults.refuseOneIn = 4;
    for (let round = 0; round < 2; round++) {
      await Promise.all(Array.from({ length: 20 }, async (_, i) => {
        const [key, bytes] = [`a/${round}-${i}`, randomBytes(10_000)];
        expect(await store.put(key, bytes, { ifAbsent: true })).to.deep.equal({ stored: true });
        expect((await store.get(key))?.equals(bytes)).to.equal(true);
      }));
    }
    expect(proxy.done).to.be.above(10);
    expect((await store.list({ prefix: "a/" })).objects).to.have.length(40);
    expect(told).to.deep.equal([]);
  });

  it("reads what it is asked for from a server whose answers break off, and never half of it", async () => {
    const bytes = randomBytes(MiB);
    await store.put("a", bytes);
    Object.assign(proxy.faults, { cuts: 2, cutAfter: 100_000 });
    expect((await store.get("a"))?.equals(bytes)).to.equal(true);
    Object.assign(proxy.faults, { cuts: 100 });
    expect(await rejection(store.get("a"), "always cut")).to.include({ type: "storage_unavailable" });
    expect(proxy.done).to.equal(2 + 3);
  });

  for (const [what, fault] of [["is lost", "loseAnswerOf"], ["is 200 with an error in it", "errorInside"]] as const) {
    it(`has a long object whole when the answer to the completion of its upload ${what}`, async () => {
      const bytes = randomBytes(20 * MiB);
      proxy.faults[fault] = (line) => line.startsWith("POST") && line.includes("uploadId=");
      expect(await store.upload("long", Readable.from([bytes]), { maxBytes: 64 * MiB })).to.include({ size: bytes.length });
      expect(proxy.done).to.equal(1);
      expect((await store.get("long"))?.equals(bytes)).to.equal(true);
    });
  }

  it("has nothing of an object whose upload the server gave up", async () => {
    const parts = Readable.from(Array.from({ length: 20 }, () => randomBytes(MiB)));
    let begun = false;
    parts.on("data", () => {
      if (begun) return;
      begun = true;
      proxy.faults.refuseOneIn = 1;
      proxy.faults.refusal = { status: 500, code: "InternalError" };
    });
    expect(await rejection(store.upload("half", parts, { maxBytes: 64 * MiB }), "gone")).to.include({ type: "storage_unavailable" });
    proxy.faults.refuseOneIn = undefined;
    expect(await eventually(() => store.head("half").then((found) => ({ found }), () => undefined))).to.deep.equal({ found: undefined });
  });

  it("says that a quota is used up, and is not away for that", async () => {
    proxy.faults.refuseOneIn = 1;
    proxy.faults.refusal = { status: 403, code: "QuotaExceeded" };
    for (let i = 0; i < 8; i++) expect(await rejection(store.put("a", Buffer.from("x")), "quota")).to.include({ type: "storage_full", code: 507 });
    proxy.faults.refuseOneIn = undefined;
    expect(await store.get("warm")).to.deep.equal(Buffer.from("x"));
    expect(told).to.deep.equal([]);
  });

  it("asks a server that fails no more than a probe does, and is back once the server is", async () => {
    proxy.faults.refuseOneIn = 1;
    proxy.faults.refusal = { status: 500, code: "InternalError" };
    await eventually(async () => {
      expect(await rejection(store.get("warm"), "500")).to.include({ type: "storage_unavailable", code: 503 });
      return store.away() !== undefined;
    });
    expect(told).to.have.length(1);
    expect(told[0]).to.match(/^away: The object store answers 500/);
    proxy.faults.delayMs = 60_000; // the probe under way and those to come hang
    await eventually(() => proxy.requests > 0);
    const before = proxy.requests;
    for (let i = 0; i < 100; i++) await rejection(store.put(`b/${i}`, Buffer.alloc(100_000)), "refused");
    expect(proxy.requests - before).to.be.below(5);
    Object.assign(proxy.faults, { refuseOneIn: undefined, delayMs: 0 });
    await eventually(() => told.includes("back"));
    expect(await store.get("warm")).to.deep.equal(Buffer.from("x"));
    expect((await store.list({ prefix: "b/" })).objects).to.deep.equal([]);
  });
});
