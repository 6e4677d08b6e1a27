/** S3, by a real server; and what only an S3 server can do wrong. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { openS3Client, type S3Location } from "../../services/storage/s3-client.ts";
import { openS3Store } from "../../services/storage/s3-store.ts";
import { findFreePort } from "../support/ports.ts";
import { rejection } from "../support/rejection.ts";
import { freshBucket, type TestS3 } from "../support/s3.ts";
import { sharedS3 } from "../support/servers.ts";
import { objectStoreSuite } from "./object-store.suite.ts";

const MiB = 1024 * 1024;
const HOUR_MS = 3_600_000;

async function freshLocation(): Promise<S3Location> {
  const { endpoint, accessKeyId, secretAccessKey } = await sharedS3();
  return { bucket: freshBucket(), endpoint, credentials: { accessKeyId, secretAccessKey } };
}

describe("S3", function () {
  this.timeout(60_000);
  before(async function () {
    this.timeout(180_000);
    await sharedS3();
  });

  objectStoreSuite("a bucket", async () => openS3Store(await freshLocation()));

  it("makes a missing bucket once, whoever of several nodes comes first", async () => {
    const location = await freshLocation();
    const stores = await Promise.all(Array.from({ length: 4 }, () => openS3Store(location)));
    await Promise.all(stores.map((store, i) => store.put(`a/${i}`, Buffer.from("x"))));
    expect((await stores[0]?.list({ prefix: "a/" }))?.objects).to.have.length(4);
    await Promise.all(stores.map((store) => store.close()));
  });

  it("reads an empty store before anything was put", async () => {
    const store = await openS3Store(await freshLocation());
    expect([await store.get("a"), await store.head("a"), await store.list({ prefix: "" }), await store.removePrefix("a/")])
      .to.deep.equal([undefined, undefined, { objects: [], prefixes: [] }, 0]);
    await store.close();
  });

  it("says that the credentials are refused, without showing them", async () => {
    const location = await freshLocation();
    for (const credentials of [{ accessKeyId: (await sharedS3()).accessKeyId, secretAccessKey: "wrong-secret" }, { accessKeyId: "NOBODY", secretAccessKey: "wrong-secret" }]) {
      const store = await openS3Store({ ...location, credentials });
      const calls = [store.get("a"), store.put("a", Buffer.from("x")), store.probe()];
      for (const error of await Promise.all(calls.map((call) => rejection(call, "wrong credentials")))) {
        expect(error).to.include({ type: "storage_unavailable" });
        expect(String(error)).to.match(/refuses this node's credentials \(\w+\)/).and.not.include("wrong-secret");
      }
      await store.close();
    }
  });

  it("answers within 15 s that a server is gone, and works once it is there", async () => {
    const s3 = await sharedS3();
    const port = await findFreePort();
    const store = await openS3Store({ ...(await freshLocation()), endpoint: `http://127.0.0.1:${port}` });
    const began = performance.now();
    expect(await rejection(store.get("a"), "no server")).to.include({ type: "storage_unavailable", code: 503 });
    expect(performance.now() - began).to.be.lessThan(15_000);
    const proxy = await startProxy(s3, port);
    await store.put("a", Buffer.from("x"));
    await store.close();
    await proxy.stop();
  });

  it("answers within 15 s that a server takes requests and never answers", async () => {
    const s3 = await sharedS3();
    const proxy = await startProxy(s3);
    const store = await openS3Store({ ...(await freshLocation()), endpoint: proxy.endpoint });
    await store.put("a", Buffer.from("x"));
    proxy.mode = "silent";
    const began = performance.now();
    const source = Readable.from([randomBytes(MiB)]);
    const calls = [store.get("a"), store.put("b", Buffer.from("x")), store.list({ prefix: "" }), store.upload("c", source, { maxBytes: 9 * MiB })];
    for (const error of await Promise.all(calls.map((call) => rejection(call, "silence")))) expect(error).to.include({ type: "storage_unavailable" });
    expect(performance.now() - began).to.be.lessThan(15_000);
    expect(source.destroyed).to.equal(true);
    await store.close();
    await proxy.stop();
  });

  it("reads an object again whose answer was cut in the middle", async () => {
    const s3 = await sharedS3();
    const proxy = await startProxy(s3);
    const store = await openS3Store({ ...(await freshLocation()), endpoint: proxy.endpoint });
    const bytes = randomBytes(MiB);
    await store.put("a", bytes);
    proxy.cutNext = 300_000;
    expect((await store.get("a"))?.equals(bytes)).to.equal(true);
    expect(proxy.cuts).to.equal(1);
    await store.close();
    await proxy.stop();
  });

  it("knows that it has created an object although the answer that says so was lost", async () => {
    const s3 = await sharedS3();
    const proxy = await startProxy(s3);
    const store = await openS3Store({ ...(await freshLocation()), endpoint: proxy.endpoint });
    await store.put("warm", Buffer.from("x"));
    proxy.cutNext = 0;
    expect(await store.put("claim", Buffer.from("mine"), { ifAbsent: true })).to.deep.equal({ stored: true });
    expect(proxy.cuts).to.equal(1);
    expect(await store.put("claim", Buffer.from("mine"), { ifAbsent: true })).to.deep.equal({ stored: false });
    await store.close();
    await proxy.stop();
  });

  it("leaves no parts of an upload that failed", async () => {
    const location = await freshLocation();
    const store = await openS3Store(location);
    const source = Readable.from(Array.from({ length: 30 }, () => Buffer.alloc(MiB)));
    expect(await rejection(store.upload("a", source, { maxBytes: 20 * MiB }), "too large")).to.include({ type: "source_too_large" });
    expect(await openUploads(location)).to.deep.equal([]);
    await store.close();
  });

  it("sweeps parts that a dead writer left an hour ago, and those of no other", async () => {
    const location = await freshLocation();
    let now = Date.now();
    const store = await openS3Store(location, () => now);
    await store.put("a", Buffer.from("x"));
    const client = openS3Client(location);
    const target = { Bucket: location.bucket, Key: "uploads/dead" };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
    await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: randomBytes(1000) }));
    client.destroy();
    expect([await store.sweep(), await openUploads(location)]).to.deep.equal([0, ["uploads/dead"]]);
    now += HOUR_MS + 5_000;
    expect([await store.sweep(), await openUploads(location)]).to.deep.equal([1, []]);
    await store.close();
  });

  it("passes on that the store is full", async () => {
    const server = await listen(createServer((request, response) => {
      request.resume();
      if (request.method === "HEAD") response.writeHead(200).end();
      else response.writeHead(507, { "content-type": "application/xml" }).end("<Error><Code>InsufficientStorage</Code><Message>no room</Message></Error>");
    }));
    const store = await openS3Store({ ...(await freshLocation()), endpoint: server.endpoint });
    expect(await rejection(store.put("a", Buffer.from("x")), "full")).to.include({ type: "storage_full", code: 507 });
    await store.close();
    await server.stop();
  });

  it("is not usable on a server that ignores If-None-Match", async () => {
    const objects = new Map<string, Buffer>();
    const careless = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const path = request.url?.split("?")[0] ?? "";
      const body = await readBody(request);
      if (request.method === "PUT") objects.set(path, body);
      if (request.method === "DELETE") objects.delete(path);
      response.end(request.method === "GET" ? objects.get(path) : undefined);
    };
    const server = await listen(createServer((request, response) => void careless(request, response)));
    const store = await openS3Store({ ...(await freshLocation()), endpoint: server.endpoint });
    expect(String(await rejection(store.probe(), "unconditional"))).to.include("If-None-Match");
    expect(objects.size).to.equal(0);
    await store.close();
    await server.stop();
  });
});

async function openUploads(location: S3Location): Promise<(string | undefined)[]> {
  const client = openS3Client(location);
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: location.bucket }));
  client.destroy();
  return Uploads.map(({ Key }) => Key);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function listen(server: Server, port = 0): Promise<{ endpoint: string; stop(): Promise<void> }> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

interface Proxy { endpoint: string; mode: "pass" | "silent"; cutNext: number | undefined; cuts: number; stop(): Promise<void> }

/** Passes requests on unchanged (they are signed for its own address, so it keeps the Host), and fails as it is told. */
async function startProxy({ endpoint }: TestS3, port?: number): Promise<Proxy> {
  const target = new URL(endpoint);
  const open = new Set<Socket>();
  const server = createServer();
  // Below HTTP, since that is where connections break.
  server.on("connection", () => undefined);
  const proxy: Proxy = { endpoint: "", mode: "pass", cutNext: undefined, cuts: 0, stop: async () => undefined };
  server.removeAllListeners("connection");
  server.on("connection", (client: Socket) => {
    const upstream = connect(Number(target.port), target.hostname);
    open.add(client).add(upstream);
    client.on("data", (chunk) => { if (proxy.mode === "pass") upstream.write(chunk); });
    let sent = 0;
    upstream.on("data", (chunk: Buffer) => {
      sent += chunk.length;
      if (proxy.cutNext === undefined || sent <= proxy.cutNext) return void client.write(chunk);
      proxy.cutNext = undefined;
      proxy.cuts++;
      client.destroy();
    });
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      socket.on("error", () => other.destroy());
      socket.on("close", () => other.destroy());
    }
  });
  const { endpoint: own, stop } = await listen(server, port);
  return Object.assign(proxy, {
    endpoint: own,
    async stop() {
      for (const socket of open) socket.destroy();
      await stop();
    },
  });
}
