/** Resumable uploads as `source` keeps them in the real stores: by several nodes, broken off, and with a store that fails. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect } from "chai";
import { ServiceBroker } from "moleculer";
import { ulid } from "ulid";
import { fail, findErrorCode } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import type { AppendParams, AppendResult, BeginParams, Checksum, ReadParams, SourceFacts, SourceRef, Upload, UploadProgress } from "../../services/source/source.contract.ts";
import { sourceService } from "../../services/source/source.service.ts";
import { sweepUploads } from "../../services/source/uploads/upload-sweep.ts";
import { uploadStore } from "../../services/source/uploads/upload-store.ts";
import { openDirectoryStore } from "../../services/storage/directory-store.ts";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import { openS3Store } from "../../services/storage/s3-store.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { freshBucket } from "../support/s3.ts";
import { sharedS3 } from "../support/servers.ts";

const MiB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const LIMIT = 64 * MiB;
const content = randomBytes(20 * MiB);

const kinds: Record<string, (dir: string) => Promise<ObjectStore>> = {
  "a directory": (dir) => openDirectoryStore(join(dir, "store")),
  "a bucket of S3": async () => {
    const { endpoint, accessKeyId, secretAccessKey } = await sharedS3();
    return await openS3Store({ bucket: freshBucket(), endpoint, credentials: { accessKeyId, secretAccessKey } });
  },
};

for (const [kind, openStore] of Object.entries(kinds)) {
  describe(`resumable uploads in ${kind}`, function () {
    this.timeout(60_000);
    let dir: string;
    let objects: ObjectStore;
    /** What every node's store does for the time being instead of what it should. */
    let fault: Partial<ObjectStore>;
    let nodes: ServiceBroker[];
    let uploadId: string;

    before(async function () {
      this.timeout(180_000);
      dir = await mkdtemp(join(tmpdir(), "resumable-"));
      objects = await openStore(dir);
    });
    after(async () => {
      await objects?.close();
      await rm(dir, { recursive: true, force: true });
    });
    beforeEach(async () => {
      fault = {};
      const shared = new Proxy(objects, { get: (target, name: keyof ObjectStore) => (name === "close" ? async () => undefined : (fault[name] ?? target[name])) });
      nodes = [1, 2].map((n) => {
        const broker = new ServiceBroker({ logger: false, dependencyInterval: 5 });
        broker.createService(storageService({ store: { kind: "file", dir } }, async () => shared));
        broker.createService(sourceService({ dataDir: join(dir, `node-${n}`), sourceAllow: [], sourceMaxBytes: LIMIT, sourceCacheBytes: LIMIT, store: { kind: "file", dir } }));
        return broker;
      });
      await Promise.all(nodes.map((node) => node.start()));
      uploadId = ulid().toLowerCase();
    });
    afterEach(async () => {
      await Promise.all(nodes.map((node) => node.stop()));
      await objects.removePrefix(objectKeys.allUploads);
    });

    const node = (n: number): ServiceBroker => {
      const found = nodes[n];
      if (found === undefined) throw new Error("there is no such node");
      return found;
    };
    const begin = (size = content.length): Promise<null> => node(0).call<null, BeginParams>("source.begin", { uploadId, size });
    const progress = (n = 0): Promise<UploadProgress> => node(n).call<UploadProgress, object>("source.progress", { uploadId });
    const append = async (offset: number, bytes: Iterable<Buffer> | Readable, { n = 0, checksum }: { n?: number; checksum?: Checksum } = {}): Promise<number> => {
      const params: AppendParams = { uploadId, offset, ...(checksum === undefined ? {} : { checksum }) };
      return (await node(n).call<AppendResult, AppendParams>("source.append", params, { stream: bytes instanceof Readable ? bytes : Readable.from(bytes) })).offset;
    };
    const pieces = (start: number, end = content.length): Buffer[] => {
      const cut: Buffer[] = [];
      for (let at = start; at < end; at += 65_536) cut.push(content.subarray(at, Math.min(at + 65_536, end)));
      return cut;
    };
    /** What a client sends that goes away at `end`. */
    const broken = (start: number, end: number): Readable => Readable.from((function* () {
      yield* pieces(start, end);
      throw new Error("the client has gone");
    })());
    const codeOf = (work: Promise<unknown>): Promise<string | undefined> => work.then(() => undefined, (error: unknown) => findErrorCode(error) ?? String(error));
    const stored = async (): Promise<string[]> => (await objects.list({ prefix: objectKeys.uploadFolder(uploadId) })).objects.map(({ key, size }) => `${key.slice(objectKeys.uploadFolder(uploadId).length)} ${size}`);
    const storedParts = async (): Promise<string[]> => (await stored()).filter((line) => line.startsWith("parts/"));
    const expectSource = async (n = 0): Promise<void> => {
      const upload = await node(n).call<Upload, object>("source.upload", { uploadId });
      expect(upload).to.deep.include({ uploadId, size: content.length, sha256: createHash("sha256").update(content).digest("hex") });
      expect((await stored()).map((line) => line.split(" ")[0])).to.deep.equal(["begun.json", "source", "upload.json"]);
      const source: SourceRef = { kind: "upload", uploadId };
      const { version } = await node(n).call<SourceFacts, { source: SourceRef }>("source.open", { source });
      for (const start of [0, 7 * MiB, 19 * MiB]) {
        const read = await node(n).call<Buffer, ReadParams>("source.read", { source, version, start, end: start + MiB });
        expect(read.equals(content.subarray(start, start + MiB))).to.equal(true);
      }
    };

    it("come in requests of any length, to any node, and end as a source like any other", async () => {
      await begin();
      expect(await append(0, pieces(0, 3_000_000))).to.equal(3_000_000);
      expect(await progress(1)).to.deep.include({ offset: 3_000_000, size: content.length, finished: false });
      expect(await append(3_000_000, pieces(3_000_000), { n: 1 })).to.equal(content.length);
      await expectSource();
      expect(await progress()).to.deep.include({ offset: content.length, finished: true });
    });

    it("keep what came before the client went, and hold at most a part in memory", async () => {
      await begin();
      expect(await codeOf(append(0, broken(0, 19 * MiB)))).to.equal("upload_incomplete");
      expect(await storedParts()).to.deep.equal(["000000000000000", "000000008388608", "000000016777216"].map((at, n) => `parts/${at} ${n < 2 ? 8 * MiB : 3 * MiB}`));
      expect((await progress(1)).offset).to.equal(19 * MiB);
      await append(19 * MiB, pieces(19 * MiB), { n: 1 });
      await expectSource(1);
    });

    it("take bytes at an offset once: of two requests at one place, on two nodes, one is refused", async () => {
      await begin();
      const outcomes = await Promise.allSettled([append(0, pieces(0, 9 * MiB)), append(0, pieces(0, 9 * MiB), { n: 1 })]);
      const refused = outcomes.filter((outcome) => outcome.status === "rejected");
      expect(refused.map(({ reason }) => findErrorCode(reason))).to.deep.equal(["upload_conflict"]);
      expect((await progress()).offset).to.equal(9 * MiB);
      expect(await codeOf(append(0, pieces(0, 9 * MiB))), "the same again").to.equal("upload_conflict");
      expect(await codeOf(append(10 * MiB, pieces(10 * MiB))), "beyond").to.equal("upload_conflict");
      await append(9 * MiB, pieces(9 * MiB));
      await expectSource();
    });

    it("drop bytes that are not those of their checksum, or not all of them", async () => {
      await begin();
      const digest = (algorithm: "sha1" | "sha256", end: number): Checksum => ({ algorithm, digest: createHash(algorithm).update(content.subarray(0, end)).digest("base64") });
      expect(await codeOf(append(0, pieces(0, MiB), { checksum: digest("sha1", MiB - 1) }))).to.equal("checksum_mismatch");
      expect(await codeOf(append(0, broken(0, MiB), { checksum: digest("sha256", MiB) }))).to.equal("upload_incomplete");
      expect((await progress()).offset).to.equal(0);
      expect(await append(0, pieces(0, MiB), { checksum: digest("sha1", MiB) })).to.equal(MiB);
      expect(await append(MiB, pieces(MiB, 2 * MiB), { checksum: { algorithm: "sha256", digest: createHash("sha256").update(content.subarray(MiB, 2 * MiB)).digest("base64") } })).to.equal(2 * MiB);
    });

    it("count nothing of a request with a checksum before all of it has come and is right, however long it is", async () => {
      await begin();
      const sha256: Checksum = { algorithm: "sha256", digest: createHash("sha256").update(content).digest("base64") };
      const offsets: number[] = [];
      const watched = Readable.from((async function* () {
        yield* pieces(0, 18 * MiB);
        offsets.push((await progress(1)).offset);
        yield* pieces(18 * MiB);
      })());
      expect(await append(0, watched, { checksum: sha256 })).to.equal(content.length);
      expect(offsets).to.deep.equal([0]);
      await expectSource(1);
    });

    it("keep nothing of a long request whose checksum is another's, that breaks off, or that is too long", async () => {
      await begin(19 * MiB);
      const other: Checksum = { algorithm: "sha1", digest: createHash("sha1").update("other").digest("base64") };
      for (const [stream, code] of [[pieces(0, 19 * MiB), "checksum_mismatch"], [broken(0, 18 * MiB), "upload_incomplete"], [pieces(0), "source_too_large"]] as const) {
        expect(await codeOf(append(0, stream, { checksum: other }))).to.equal(code);
        expect((await stored()).map((line) => line.split(" ")[0])).to.deep.equal(["begun.json", "coming/sign"]);
      }
    });

    it("count nothing of a request with a checksum whose node died half-way, and take no harm from what it left", async () => {
      await begin();
      for (const [at, end] of [[0, 8 * MiB], [8 * MiB, 16 * MiB]] as const) await objects.put(objectKeys.uploadUnverified(uploadId, "of-a-dead-node", at), content.subarray(at, end));
      expect((await progress()).offset).to.equal(0);
      await append(0, pieces(0));
      await expectSource();
    });

    it("count what was found right as far as it got, when the store goes away just then", async () => {
      await begin();
      fault.get = async (key) => {
        if (key.includes("/coming/") && key.endsWith(String(8 * MiB))) throw fail("storage_unavailable", "staged");
        return await objects.get(key);
      };
      const checksum: Checksum = { algorithm: "sha1", digest: createHash("sha1").update(content).digest("base64") };
      expect(await codeOf(append(0, pieces(0), { checksum }))).to.equal("storage_unavailable");
      fault = {};
      expect((await progress()).offset).to.equal(8 * MiB);
      await append(8 * MiB, pieces(8 * MiB));
      await expectSource();
    });

    it("are finished by whoever asks next when the store was full, or the node died, after the last byte", async () => {
      await begin();
      fault.upload = async (_key, source) => {
        source.destroy();
        throw fail("storage_full", "staged");
      };
      expect(await codeOf(append(0, pieces(0)))).to.equal("storage_full");
      expect(await codeOf(progress(1))).to.equal("storage_full");
      expect(await codeOf(node(0).call("source.upload", { uploadId }))).to.equal("storage_full");
      fault = {};
      const both = await Promise.all([progress(0), progress(1), progress(0)]);
      expect(both.map(({ finished }) => finished)).to.deep.equal([true, true, true]);
      await expectSource(1);
    });

    it("are finished when another node was faster, and took the parts away under this one's hands", async () => {
      await begin();
      fault.upload = async (key, source, options) => {
        fault = {};
        await progress(1);
        return await objects.upload(key, source, options);
      };
      expect(await append(0, pieces(0))).to.equal(content.length);
      await expectSource();
    });

    it("stay where they were when the store is gone in the middle, and go on when it is back", async () => {
      await begin();
      let puts = 0;
      fault.put = async (key, bytes, options) => {
        if (key.includes("/parts/") && ++puts === 2) throw fail("storage_unavailable", "staged");
        return await objects.put(key, bytes, options);
      };
      expect(await codeOf(append(0, pieces(0)))).to.equal("storage_unavailable");
      fault = {};
      expect((await progress()).offset).to.equal(8 * MiB);
      await append(8 * MiB, pieces(8 * MiB));
      await expectSource();
    });

    it("lose their parts when they are finished, at the latest by the sweep", async () => {
      await begin();
      fault.removePrefix = async () => { throw fail("storage_unavailable", "staged"); };
      await append(0, pieces(0));
      expect(await storedParts()).to.have.length(3);
      fault = {};
      expect(await sweepUploads(uploadStore(node(0)), Date.now())).to.equal(0);
      await expectSource();
    });

    it("expire when a day has passed, but not under the hands of who finishes them", async () => {
      uploadId = ulid(Date.now() - 24.5 * HOUR_MS).toLowerCase();
      await begin();
      await append(0, pieces(0, MiB));
      expect(await sweepUploads(uploadStore(node(0)), Date.now())).to.equal(0);
      expect(await sweepUploads(uploadStore(node(0)), Date.now() + HOUR_MS)).to.equal(1);
      expect(await stored()).to.deep.equal([]);
      expect(await codeOf(progress())).to.equal("upload_not_found");
    });

    it("can be abandoned, until they are finished", async () => {
      await begin();
      await append(0, pieces(0, MiB));
      await node(1).call("source.abandon", { uploadId });
      expect(await stored()).to.deep.equal([]);
      expect(await codeOf(append(MiB, pieces(MiB)))).to.equal("upload_not_found");
      expect(await codeOf(node(0).call("source.abandon", { uploadId }))).to.equal("upload_not_found");
      await begin();
      await append(0, pieces(0));
      expect(await codeOf(node(0).call("source.abandon", { uploadId }))).to.equal("upload_conflict");
      await expectSource();
    });

    it("have a size that is announced, not nothing, within the limit, and kept to", async () => {
      expect(await codeOf(begin(0))).to.equal("upload_empty");
      expect(await codeOf(begin(LIMIT + 1))).to.equal("source_too_large");
      expect(await stored()).to.deep.equal([]);
      await begin(MiB);
      expect(await codeOf(append(0, pieces(0, MiB + 1)))).to.equal("source_too_large");
      expect((await progress()).offset).to.equal(0);
    });
  });
}
