/** S3, by a real server; and what only an S3 server can do wrong. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import { openS3Client, type S3Location } from "../../services/storage/s3-client.ts";
import { openS3Store } from "../../services/storage/s3-store.ts";
import { startBreakingProxy, type BreakingProxy } from "../support/breaking-proxy.ts";
import { encryptStore } from "../../services/storage/encryption/encrypted-store.ts";
import { encryptedUnit, freshRing } from "../support/encrypted-unit.ts";
import { findFreePort } from "../support/ports.ts";
import { rejection } from "../support/rejection.ts";
import { versionedLocation, viewBucket, type BucketView } from "../support/bucket-versions.ts";
import { freshBucket } from "../support/s3.ts";
import { startConditionalProxy, type ConditionalProxy } from "../support/s3-conditional-proxy.ts";
import { sharedS3 } from "../support/servers.ts";
import { objectStoreSuite } from "./object-store.suite.ts";

const MiB = 1024 * 1024;
const HOUR_MS = 3_600_000;
/** No call that moves little takes longer, whatever the server does. */
const PATIENCE_MS = 15_000;

async function freshLocation(): Promise<S3Location> {
  const { endpoint, accessKeyId, secretAccessKey } = await sharedS3();
  return { bucket: freshBucket(), endpoint, credentials: { accessKeyId, secretAccessKey } };
}

describe("S3", function () {
  this.timeout(60_000);
  const ends: (() => Promise<void>)[] = [];
  before(async function () {
    this.timeout(180_000);
    await sharedS3();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  objectStoreSuite("a bucket", async () => openS3Store(await freshLocation()));
  describe("behind a server that creates once there, too", () => {
    let view: BucketView;
    let proxy: ConditionalProxy;
    after(async () => {
      await proxy?.stop();
      view?.close();
    });
    objectStoreSuite("a bucket that keeps versions", async () => {
      const [s3, location] = [await sharedS3(), await versionedLocation(await sharedS3())];
      view = viewBucket(s3, location.bucket);
      proxy = await startConditionalProxy(s3.endpoint, view.client);
      return await openS3Store({ ...location, endpoint: proxy.endpoint });
    });
  });
  objectStoreSuite("an encrypted video in a bucket", async () => encryptedUnit(await openS3Store(await freshLocation())));

  it("has nothing readable of an encrypted upload in its bucket, sent in parts or not, and its key apart", async () => {
    const below = await open(await freshLocation());
    const store = encryptStore(below, freshRing());
    const source = randomBytes(20 * MiB);
    await store.put("uploads/u/begun.json", Buffer.from('{"title":"Thermodynamics"}'));
    await store.upload("uploads/u/source", Readable.from([source], { objectMode: false }), { maxBytes: 64 * MiB });
    const { objects } = await below.list({ prefix: "" });
    expect(objects.map(({ key }) => key)).to.deep.equal(["keys/uploads/u/key.json", "uploads/u/begun.json", "uploads/u/source"]);
    for (const { key } of objects) {
      const raw = await below.get(key);
      for (const needle of ["Thermodynamics", source.subarray(0, 16), source.subarray(9 * MiB, 9 * MiB + 16), source.subarray(-16)]) expect(raw?.includes(needle), key).to.equal(false);
    }
    expect((await store.getRange("uploads/u/source", 9 * MiB - 1, 9 * MiB + 9))?.equals(source.subarray(9 * MiB - 1, 9 * MiB + 9))).to.equal(true);
    expect((await store.get("uploads/u/source"))?.equals(source)).to.equal(true);
  });

  const open = async (location: S3Location, now?: () => number): Promise<ObjectStore> => {
    const store = await openS3Store(location, now === undefined ? {} : { now });
    ends.push(() => store.close());
    return store;
  };
  const startProxy = async (port?: number): Promise<BreakingProxy> => {
    const proxy = await startBreakingProxy((await sharedS3()).endpoint, port);
    ends.push(proxy.stop);
    return proxy;
  };
  const openBehindProxy = async (): Promise<{ proxy: BreakingProxy; store: ObjectStore }> => {
    const proxy = await startProxy();
    const store = await open({ ...(await freshLocation()), endpoint: proxy.endpoint });
    await store.put("warm", Buffer.from("x"));
    return { proxy, store };
  };
  /** A store on a server that only plays one. */
  const openOnStandIn = async (answer: RequestListener): Promise<ObjectStore> => {
    const server = createServer(answer).listen(0, "127.0.0.1");
    await once(server, "listening");
    ends.push(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    });
    return await open({ ...(await freshLocation()), endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  };
  const openUploads = async (location: S3Location): Promise<(string | undefined)[]> => {
    const client = openS3Client(location);
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: location.bucket }));
    client.destroy();
    return Uploads.map(({ Key }) => Key);
  };

  it("makes a missing bucket once, whoever of several nodes comes first", async () => {
    const location = await freshLocation();
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(location)));
    await Promise.all(stores.map((store, i) => store.put(`a/${i}`, Buffer.from("x"))));
    expect((await stores[0]?.list({ prefix: "a/" }))?.objects).to.have.length(4);
  });

  it("reads an empty store before anything was put", async () => {
    const store = await open(await freshLocation());
    expect([await store.get("a"), await store.head("a"), await store.list({ prefix: "" }), await store.removePrefix("a/")])
      .to.deep.equal([undefined, undefined, { objects: [], prefixes: [] }, 0]);
  });

  it("removes a folder of more objects than one request takes", async () => {
    const store = await open(await freshLocation());
    for (let n = 0; n < 1_001; n += 91) await Promise.all(Array.from({ length: 91 }, (_, i) => store.put(`video/1/${n + i}`, Buffer.alloc(0))));
    expect(await store.removePrefix("video/1/")).to.equal(1_001);
  });

  it("says that the credentials are refused, without showing them", async () => {
    const { accessKeyId } = await sharedS3();
    for (const id of [accessKeyId, "NOBODY"]) {
      const store = await open({ ...(await freshLocation()), credentials: { accessKeyId: id, secretAccessKey: "wrong-secret" } });
      for (const call of [() => store.get("a"), () => store.put("a", Buffer.from("x")), () => store.probe()]) {
        const error = await rejection(call(), "wrong credentials");
        expect(error).to.include({ type: "storage_unavailable" });
        expect(String(error)).to.match(/refuses this node's credentials \(\w+\)/).and.not.include("wrong-secret");
      }
    }
  });

  it("says in bounded time that a server is gone, and works once it is back", async () => {
    const port = await findFreePort();
    const store = await open({ ...(await freshLocation()), endpoint: `http://127.0.0.1:${port}` });
    const began = performance.now();
    expect(await rejection(store.get("a"), "no server")).to.include({ type: "storage_unavailable", code: 503 });
    expect(performance.now() - began).to.be.lessThan(PATIENCE_MS);
    await startProxy(port);
    expect(await store.put("a", Buffer.from("x"))).to.deep.equal({ stored: true });
  });

  it("says in bounded time that a server takes requests and never answers", async () => {
    const { proxy, store } = await openBehindProxy();
    proxy.silent = true;
    const began = performance.now();
    const source = Readable.from([randomBytes(1_000)]);
    const calls = [store.get("a"), store.put("b", Buffer.from("x")), store.list({ prefix: "" }), store.upload("c", source, { maxBytes: MiB })];
    for (const error of await Promise.all(calls.map((call) => rejection(call, "silence")))) expect(error).to.include({ type: "storage_unavailable" });
    expect(performance.now() - began).to.be.lessThan(PATIENCE_MS);
    expect(source.destroyed).to.equal(true);
  });

  it("reads an object again whose answer was cut in the middle", async () => {
    const { proxy, store } = await openBehindProxy();
    const bytes = randomBytes(MiB);
    await store.put("a", bytes);
    proxy.cutAfter = 300_000;
    expect((await store.get("a"))?.equals(bytes)).to.equal(true);
    expect(proxy.cuts).to.equal(1);
  });

  it("knows that it has created an object although the answer that says so was lost", async () => {
    const { proxy, store } = await openBehindProxy();
    proxy.cutAfter = 0;
    expect(await store.put("claim", Buffer.from("mine"), { ifAbsent: true })).to.deep.equal({ stored: true });
    expect(proxy.cuts).to.equal(1);
    expect(await store.put("claim", Buffer.from("mine"), { ifAbsent: true })).to.deep.equal({ stored: false });
  });

  it("leaves no parts of an upload that failed", async () => {
    const location = await freshLocation();
    const store = await open(location);
    const source = Readable.from(Array.from({ length: 30 }, () => Buffer.alloc(MiB)));
    expect(await rejection(store.upload("a", source, { maxBytes: 20 * MiB }), "too large")).to.include({ type: "source_too_large" });
    expect(await openUploads(location)).to.deep.equal([]);
  });

  it("sweeps parts that a dead writer left an hour ago, and nothing younger", async () => {
    const location = await freshLocation();
    let now = Date.now();
    const store = await open(location, () => now);
    await store.put("a", Buffer.from("x"));
    const client = openS3Client(location);
    const target = { Bucket: location.bucket, Key: "uploads/dead" };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
    await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: randomBytes(1_000) }));
    client.destroy();
    expect([await store.sweep(), await openUploads(location)]).to.deep.equal([0, ["uploads/dead"]]);
    now += HOUR_MS + 5_000;
    expect([await store.sweep(), await openUploads(location)]).to.deep.equal([1, []]);
  });

  it("passes on that the store is full", async () => {
    const store = await openOnStandIn((request, response) => {
      request.resume();
      response.setHeader("content-type", "application/xml");
      if (request.method === "HEAD") response.writeHead(200).end();
      else response.writeHead(507).end("<Error><Code>InsufficientStorage</Code><Message>no room</Message></Error>");
    });
    expect(await rejection(store.put("a", Buffer.from("x")), "full")).to.include({ type: "storage_full", code: 507 });
  });

  it("is not usable on a server that ignores If-None-Match", async () => {
    const objects = new Map<string, Buffer>();
    const store = await openOnStandIn((request, response) => {
      void readBody(request).then((body) => {
        const path = request.url?.split("?")[0] ?? "";
        if (request.method === "PUT") objects.set(path, body);
        if (request.method === "DELETE") objects.delete(path);
        const answer = request.method === "GET" ? (objects.get(path) ?? Buffer.alloc(0)) : Buffer.alloc(0);
        response.writeHead(200, { "content-length": answer.length }).end(answer);
      });
    });
    expect(String(await rejection(store.probe(), "unconditional"))).to.include("If-None-Match");
    expect(objects.size).to.equal(0);
  });
});

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
