import { expect } from "chai";
import { createHash } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import { ulid } from "ulid";
import { fail, findErrorCode } from "../../../../../config/errors.ts";
import { objectKeys } from "../../../../../config/object-keys.ts";
import { getUpload, receiveUpload } from "../../../../../services/source/uploads/stored-uploads.ts";
import { sweepUploads } from "../../../../../services/source/uploads/upload-sweep.ts";
import { memoryUploadStore } from "../../../../support/memory-upload-store.ts";

const LIMIT = 1000;
const DAY_MS = 86_400_000;

describe("stored uploads", () => {
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => work.then(() => undefined, findErrorCode);

  it("keeps the bytes and, last, what they are", async () => {
    const { store, objects } = memoryUploadStore();
    const bytes = Buffer.from("lecture");
    const upload = await receiveUpload(store, Readable.from([bytes]), bytes.length, LIMIT);
    expect(upload).to.deep.include({ size: 7, sha256: createHash("sha256").update(bytes).digest("hex") });
    expect([...objects.keys()]).to.deep.equal([objectKeys.uploadBytes(upload.uploadId), objectKeys.upload(upload.uploadId)]);
    expect(await getUpload(store, upload.uploadId)).to.deep.equal(upload);
  });

  it("takes an upload of unknown length", async () => {
    const { store } = memoryUploadStore();
    expect((await receiveUpload(store, Readable.from([Buffer.alloc(10), Buffer.alloc(5)]), undefined, LIMIT)).size).to.equal(15);
  });

  for (const [what, code, stream, expected] of [
    ["an empty upload", "upload_empty", () => Readable.from([]), undefined],
    ["fewer bytes than were announced", "upload_incomplete", () => Readable.from([Buffer.alloc(5)]), 6],
    ["more bytes than were announced", "upload_incomplete", () => Readable.from([Buffer.alloc(7)]), 6],
    ["an upload announced too large", "source_too_large", () => Readable.from([Buffer.alloc(5)]), LIMIT + 1],
    ["an upload that turns out too large", "source_too_large", () => Readable.from([Buffer.alloc(LIMIT), Buffer.alloc(1)]), undefined],
    ["an upload that was over before it began", "upload_incomplete", () => new PassThrough().destroy(), undefined],
  ] as const) {
    it(`leaves nothing behind of ${what}`, async () => {
      const { store, objects } = memoryUploadStore();
      expect(await codeOf(receiveUpload(store, stream(), expected, LIMIT))).to.equal(code);
      expect([...objects.keys()]).to.deep.equal([]);
    });
  }

  it("leaves nothing behind of an upload whose client goes away", async () => {
    const { store, objects } = memoryUploadStore();
    const stream = new PassThrough();
    const receiving = codeOf(receiveUpload(store, stream, 100, LIMIT));
    stream.write(Buffer.alloc(50));
    stream.destroy();
    expect(await receiving).to.equal("upload_incomplete");
    expect([...objects.keys()]).to.deep.equal([]);
  });

  it("does not destroy a request that is too large: its client is still to read why", async () => {
    const { store } = memoryUploadStore();
    const stream = new PassThrough();
    const receiving = codeOf(receiveUpload(store, stream, undefined, LIMIT));
    stream.write(Buffer.alloc(LIMIT + 1));
    expect(await receiving).to.equal("source_too_large");
    expect(stream.destroyed).to.equal(false);
  });

  it("does not know an upload without its record", async () => {
    const { store, objects } = memoryUploadStore();
    const id = ulid().toLowerCase();
    objects.set(objectKeys.uploadBytes(id), Buffer.alloc(5));
    expect(await codeOf(getUpload(store, id))).to.equal("upload_not_found");
  });

  it("sweeps what never finished, once it is a day old", async () => {
    const { store, objects } = memoryUploadStore({ pageSize: 3 });
    const now = Date.now();
    const [old, young, finished] = [ulid(now - 2 * DAY_MS), ulid(now - DAY_MS / 2), ulid(now - 3 * DAY_MS)].map((id) => id.toLowerCase());
    for (const id of [old, young, finished]) objects.set(objectKeys.uploadBytes(id ?? ""), Buffer.alloc(1));
    objects.set(objectKeys.upload(finished ?? ""), Buffer.from("{}"));
    objects.set("uploads/unrelated/source", Buffer.alloc(1));
    expect(await sweepUploads(store, now)).to.equal(1);
    expect([...objects.keys()].some((key) => key.includes(old ?? ""))).to.equal(false);
    expect(objects.size).to.equal(4);
  });

  it("sweeps all others when the store keeps something of one, which it says then", async () => {
    const { store, objects } = memoryUploadStore();
    const { erase } = store;
    const ids = [1, 2, 3].map((days) => ulid(Date.now() - (days + 1) * DAY_MS).toLowerCase());
    for (const id of ids) objects.set(objectKeys.uploadBytes(id), Buffer.alloc(1));
    store.erase = async (folder) => {
      if (folder === objectKeys.uploadFolder(ids[1] ?? "")) throw fail("erasure_incomplete", "staged");
      await erase(folder);
    };
    expect(await codeOf(sweepUploads(store, Date.now()))).to.equal("erasure_incomplete");
    expect([...objects.keys()]).to.deep.equal([objectKeys.uploadBytes(ids[1] ?? "")]);
  });

  it("says of an upload that broke off that it did, also when the store keeps something of it", async () => {
    const { store } = memoryUploadStore();
    store.erase = async () => { throw fail("erasure_incomplete", "staged"); };
    expect(await codeOf(receiveUpload(store, Readable.from([Buffer.alloc(50)]), 100, LIMIT))).to.equal("upload_incomplete");
  });
});
