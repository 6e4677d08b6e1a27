/** Uploads that are read while they arrive, on two nodes with one store. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { ulid } from "ulid";
import { findErrorCode } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { awaitArrival, findLack } from "../../mixins/arrival.ts";
import type { AppendParams, AppendResult, BeginParams, KnownUpload, ReadParams, SourceFacts } from "../../services/source/source.contract.ts";
import { sourceService } from "../../services/source/source.service.ts";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const HOUR_MS = 3_600_000;
const content = randomBytes(3 * MiB + 1234);

describe("an upload that is read while it arrives", function () {
  this.timeout(30_000);
  let dir: string;
  let objects: ReturnType<typeof memoryStore>;
  /** What every node's store does for the time being instead of what it should. */
  let fault: Partial<ObjectStore>;
  let nodes: ServiceBroker[];
  let source: { kind: "upload"; uploadId: string };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "arriving-"));
    objects = memoryStore();
    fault = {};
    const shared = new Proxy<ObjectStore>(objects, { get: (target, name: keyof ObjectStore) => fault[name] ?? target[name] });
    const namespace = freshNamespace();
    const { url } = await sharedNats();
    nodes = ["near", "far"].map((nodeID) => {
      const broker = quietBroker({ nodeID, namespace, transporter: { type: "NATS", options: { url } }, serializer: "CBOR" });
      broker.createService(storageService({ store: { kind: "file", dir } }, async () => shared));
      broker.createService(sourceService({ dataDir: join(dir, nodeID), sourceAllow: [], sourceMaxBytes: 2 ** 30, sourceCacheBytes: 2 ** 26, store: { kind: "file", dir } }));
      return broker;
    });
    await Promise.all(nodes.map((node) => node.start()));
    source = { kind: "upload", uploadId: ulid().toLowerCase() };
    await call(0, "source.begin", { uploadId: source.uploadId, size: content.length } satisfies BeginParams);
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await rm(dir, { recursive: true, force: true });
  });

  const node = (n: number): ServiceBroker => {
    const found = nodes[n];
    if (found === undefined) throw new Error("there is no such node");
    return found;
  };
  const call = <T>(n: number, action: string, params: object, stream?: Readable): Promise<T> => node(n).call<T, object>(action, params, { nodeID: node(n).nodeID, ...(stream === undefined ? {} : { stream }) });
  const append = async (from: number, to: number, n = 0): Promise<number> =>
    (await call<AppendResult>(n, "source.append", { uploadId: source.uploadId, offset: from } satisfies AppendParams, Readable.from([content.subarray(from, to)]))).offset;
  const open = (n = 0): Promise<SourceFacts> => call(n, "source.open", { source });
  const read = (n: number, version: string, start: number, end: number): Promise<Buffer> => call(n, "source.read", { source, version, start, end } satisfies ReadParams);
  const failureOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);
  const expectRead = async (n: number, version: string, start: number, end: number): Promise<void> => {
    expect((await read(n, version, start, end)).equals(content.subarray(start, end)), `${start} to ${end}`).to.equal(true);
  };

  it("gives what is there, across its parts and on any node, and says what it lacks", async () => {
    await append(0, 700_001);
    await append(700_001, 1_500_000, 1);
    for (const n of [0, 1]) {
      const { size, version, arrived } = await open(n);
      expect([size, arrived]).to.deep.equal([content.length, 1_500_000]);
      await expectRead(n, version, 0, 5 * 256 * KiB);
      await expectRead(n, version, 699_000, 701_000);
      const lacking = await failureOf(read(n, version, MiB, 2 * MiB));
      expect([findErrorCode(lacking), findLack(lacking)?.needed]).to.deep.equal(["source_pending", 6 * 256 * KiB]);
    }
  });

  it("is the same source under the same version when it is finished, also where nobody had opened it before", async () => {
    await append(0, MiB);
    const { version } = await open();
    await expectRead(0, version, 0, MiB);
    await append(MiB, content.length);
    const { sha256 = "" } = await call<KnownUpload>(0, "source.upload", { uploadId: source.uploadId });
    expect(await open(1)).to.deep.equal({ size: content.length, version: `${content.length} upload ${sha256}` });
    for (const n of [0, 1]) for (const start of [0, MiB, 2 * MiB]) await expectRead(n, version, start, Math.min(start + MiB, content.length));
    await expectRead(0, version, content.length - 100, content.length);
    expect(findErrorCode(await failureOf(read(0, version.replace(/\w$/, "_"), 0, 10)))).to.equal("source_changed");
  });

  it("goes on being read while its parts are put together and taken away", async () => {
    await append(0, MiB);
    const { version } = await open();
    const reads: Promise<void>[] = [];
    const spy = objects.removePrefix;
    fault.removePrefix = async (folder) => {
      if (folder.endsWith("/parts/")) reads.push(expectRead(1, version, 2 * MiB, 3 * MiB));
      const removed = await spy(folder);
      if (folder.endsWith("/parts/")) reads.push(expectRead(0, version, MiB, 2 * MiB));
      return removed;
    };
    await append(MiB, content.length);
    expect(reads).to.have.length(2);
    await Promise.all(reads);
  });

  it("tells who waits, on the other node, as soon as enough is there, and after a while that it is not", async () => {
    expect(await awaitArrival(node(1), { source, version: "" }, 1, 100)).to.equal(false);
    const waiting = awaitArrival(node(1), { source, version: "" }, MiB, 20_000);
    await append(0, MiB - 1);
    await append(MiB - 1, MiB);
    expect(await waiting).to.equal(true);
  });

  it("tells who waits when the news are lost, too", async () => {
    const waiting = awaitArrival(node(1), { source, version: "" }, 1, 20_000);
    await objects.put(objectKeys.uploadPart(source.uploadId, 0), content.subarray(0, MiB));
    expect(await waiting).to.equal(true);
  });

  it("tells who waits and who reads that it was given up", async () => {
    await append(0, MiB);
    const { version } = await open(1);
    const waiting = failureOf(awaitArrival(node(1), { source, version: "" }, content.length, 20_000));
    await call(0, "source.abandon", { uploadId: source.uploadId });
    expect(findErrorCode(await waiting)).to.equal("upload_incomplete");
    expect(findErrorCode(await failureOf(read(1, version, 2 * MiB, 3 * MiB)))).to.equal("upload_incomplete");
    expect(findErrorCode(await failureOf(open(0)))).to.equal("upload_incomplete");
  });

  it("stays given up, though a request still brings more of it", async () => {
    const arriving = Readable.from((async function* () {
      yield content.subarray(0, MiB);
      await call(1, "source.abandon", { uploadId: source.uploadId });
      yield content.subarray(MiB);
    })());
    expect(findErrorCode(await failureOf(call(0, "source.append", { uploadId: source.uploadId, offset: 0 }, arriving)))).to.equal("upload_not_found");
    expect([...objects.objects.keys()].filter((key) => key.startsWith(objectKeys.uploadParts(source.uploadId)))).to.deep.equal([]);
  });

  describe("is not to be waited for", () => {
    /** Writes of its objects lie so long back. */
    const age = (ms: number): void => {
      fault.head = async (key) => {
        const found = await objects.head(key);
        return found && { ...found, modifiedAt: found.modifiedAt - ms };
      };
    };

    it("when nothing of it has come for an hour, until somebody goes on with it", async () => {
      await append(0, MiB);
      age(0.9 * HOUR_MS);
      expect((await open()).arrived).to.equal(MiB);
      age(1.1 * HOUR_MS);
      expect(findErrorCode(await failureOf(open(1)))).to.equal("upload_incomplete");
      fault = {};
      const slow = Readable.from((async function* () {
        yield content.subarray(MiB, MiB + 1);
        expect((await open(1)).arrived).to.equal(MiB);
        yield content.subarray(MiB + 1);
      })());
      await call(0, "source.append", { uploadId: source.uploadId, offset: MiB }, slow);
    });

    it("when it was not finished within a day, unless its last request still goes on", async () => {
      const begun = { size: content.length, createdAt: new Date(Date.now() - 24.5 * HOUR_MS).toISOString() };
      await objects.put(objectKeys.uploadBegun(source.uploadId), Buffer.from(JSON.stringify(begun)));
      expect((await open()).arrived).to.equal(0);
      age(HOUR_MS / 4);
      const error = await failureOf(open(1));
      expect([findErrorCode(error), String(error)]).to.deep.equal(["upload_incomplete", "MoleculerError: The upload was not finished within a day."]);
    });
  });

  it("costs the store no listing of parts that are known", async () => {
    await append(0, MiB);
    const listed: (string | undefined)[] = [];
    fault.list = async (params) => {
      if (params.prefix.endsWith("/parts/")) listed.push(params.after);
      return await objects.list(params);
    };
    const { version } = await open(1);
    await append(MiB, 2 * MiB);
    expect(await awaitArrival(node(1), { source, version: "" }, 2 * MiB, 20_000)).to.equal(true);
    for (let n = 0; n < 8; n++) await expectRead(1, version, n * 100 * KiB, (n + 1) * 100 * KiB);
    expect(listed.filter((after) => after === undefined)).to.have.length(2); // the node's first look, and the request's
  });
});

