import { expect } from "chai";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ServiceBroker } from "moleculer";
import { findErrorCode } from "../../config/errors.ts";
import type { ReadParams, SourceFacts, SourceRef, Upload } from "../../services/source/source.contract.ts";
import { sourceService } from "../../services/source/source.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { filesBelow } from "../support/store-files.ts";

describe("an upload over HTTP into a directory store", () => {
  let dir: string;
  let broker: ServiceBroker;
  let server: Server;
  /** What `source.receive` answered each request. */
  let received: Promise<Upload>[];
  let arrival: PromiseWithResolvers<void>;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "upload-interrupted-"));
    broker = new ServiceBroker({ logger: false, dependencyInterval: 5 });
    broker.createService(storageService({ store: { kind: "file", dir: join(dir, "store") } }));
    broker.createService(sourceService({ dataDir: dir, sourceAllow: [], sourceMaxBytes: 5_000_000, sourceCacheBytes: 2 ** 24, store: { kind: "file", dir: join(dir, "store") } }));
    await broker.start();
    received = [];
    arrival = Promise.withResolvers<void>();
    server = createServer((req, res) => {
      const upload = broker.call<Upload, object>("source.receive", {}, { stream: req, timeout: 0 });
      received.push(upload);
      upload.then(() => res.end(), () => res.writeHead(400).end());
      arrival.resolve();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await broker.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const post = () => request({ method: "POST", port: (server.address() as AddressInfo).port, host: "127.0.0.1", headers: { "content-length": 4_000_000 } }).on("error", () => undefined);
  /** But for what a store is tried with, which comes and goes. */
  const files = async (): Promise<string[]> => (await filesBelow(join(dir, "store"))).filter((path) => !path.includes("/probes/")).map((path) => basename(path));

  it("that the client breaks off leaves nothing behind", async () => {
    const client = post();
    client.write(randomBytes(1_000_000));
    await arrival.promise;
    client.destroy();
    const error = await received[0]?.then(() => undefined, (failure: unknown) => failure);
    expect(findErrorCode(error)).to.equal("upload_incomplete");
    expect(await files()).to.deep.equal([]);
  });

  it("that arrives whole is a source", async () => {
    const bytes = randomBytes(4_000_000);
    const client = post();
    client.end(bytes);
    await once(client, "response");
    const upload = await received[0];
    expect(upload).to.deep.include({ size: 4_000_000, sha256: createHash("sha256").update(bytes).digest("hex") });
    const source: SourceRef = { kind: "upload", uploadId: upload?.uploadId ?? "" };
    const { version } = await broker.call<SourceFacts, { source: SourceRef }>("source.open", { source });
    const read = await broker.call<Buffer, ReadParams>("source.read", { source, version, start: 3_500_000, end: 4_000_000 });
    expect(read.equals(bytes.subarray(3_500_000))).to.equal(true);
  });
});
