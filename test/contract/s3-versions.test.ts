/** Erasure in a bucket that keeps versions, by a real S3 server: what is left is looked for by a client of the test's own. */
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, PutBucketVersioningCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { encryptStore } from "../../services/storage/encryption/encrypted-store.ts";
import { keyRing } from "../../services/storage/encryption/key-ring.ts";
import { localKey } from "../../services/storage/encryption/local-key.ts";
import { rewrapKeys } from "../../services/storage/encryption/rewrap-keys.ts";
import { parseWrappedKey } from "../../services/storage/encryption/wrapped-key.ts";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import { openS3Store } from "../../services/storage/s3-store.ts";
import { versionedLocation, viewBucket, type BucketView } from "../support/bucket-versions.ts";
import { sharedS3 } from "../support/servers.ts";

const bytesOf = (text: string): Buffer => Buffer.from(text);

describe("a bucket that keeps versions", function () {
  this.timeout(60_000);
  let view: BucketView;
  let store: ObjectStore;

  beforeEach(async function () {
    this.timeout(180_000);
    const location = await versionedLocation(await sharedS3());
    view = viewBucket(await sharedS3(), location.bucket);
    store = await openS3Store(location);
  });
  afterEach(async () => {
    await store?.close();
    view?.close();
  });
  /** A few at a time: each has its own time limit, also on a busy machine. */
  const fill = async (folder: string, count: number): Promise<void> => {
    for (let at = 0; at < count; at += 40) await Promise.all(Array.from({ length: Math.min(40, count - at) }, (_, i) => store.put(`${folder}${at + i}`, bytesOf("x"))));
  };
  const keysLeft = async (prefix = ""): Promise<string[]> => [...new Set((await view.versions(prefix)).map(({ key }) => key))];

  it("has no version and no marker of what was erased, and all of what lies beside it", async () => {
    for (const text of ["one", "two", "three"]) for (const key of ["videos/1/a", "videos/10/a"]) await store.put(key, bytesOf(text));
    await store.put("videos/1/b", bytesOf("removed before"));
    await store.remove("videos/1/b");
    expect(await view.versions("videos/1/")).to.have.length(5);
    expect(await store.erase("videos/1/")).to.deep.equal({ objects: 1, older: 4, locked: 0 });
    expect(await view.versions("videos/1/")).to.deep.equal([]);
    expect(await view.versions("videos/10/")).to.have.length(3);
    expect((await store.get("videos/10/a"))?.toString()).to.equal("three");
    expect(await store.erase("videos/1/")).to.deep.equal({ objects: 0, older: 0, locked: 0 });
  });

  it("erases one object by its key, however often it was written and removed", async () => {
    for (let round = 0; round < 3; round++) {
      for (const key of ["keys/a", "keys/ab"]) await store.put(key, bytesOf(String(round)));
      await store.remove("keys/a");
    }
    expect(await store.erase("keys/a")).to.deep.equal({ objects: 0, older: 6, locked: 0 });
    expect(await keysLeft()).to.deep.equal(["keys/ab"]);
    expect((await store.get("keys/ab"))?.toString()).to.equal("2");
  });

  it("erases what was written before it kept versions, and after it stopped", async () => {
    const versioning = (Status: "Enabled" | "Suspended"): Promise<unknown> => view.client.send(new PutBucketVersioningCommand({ Bucket: view.bucket, VersioningConfiguration: { Status } }));
    await store.put("videos/1/a", bytesOf("versioned"));
    await versioning("Suspended");
    await store.put("videos/1/a", bytesOf("null version"));
    await store.put("videos/1/b", bytesOf("null version"));
    await store.remove("videos/1/b");
    await store.erase("videos/1/");
    expect(await view.versions()).to.deep.equal([]);
  });

  it("pages through more versions than one request takes", async () => {
    for (let round = 0; round < 3; round++) await fill("videos/1/", 360);
    await store.removePrefix("videos/1/");
    expect(await view.versions("videos/1/")).to.have.length(4 * 360);
    expect(await store.erase("videos/1/")).to.deep.equal({ objects: 0, older: 4 * 360, locked: 0 });
    expect(await view.versions()).to.deep.equal([]);
  });

  it("prunes behind more objects than one request tells of", async () => {
    await fill("keys/", 1_005);
    for (const text of ["older", "newest"]) await store.put("keys/z", bytesOf(text));
    expect(await store.prune("keys/", { check: true })).to.deep.equal({ objects: 0, older: 1, locked: 0 });
    expect(await store.prune("keys/")).to.deep.equal({ objects: 0, older: 1, locked: 0 });
    expect((await view.versions()).every(({ isLatest }) => isLatest)).to.equal(true);
    expect((await store.get("keys/z"))?.toString()).to.equal("newest");
  });

  it("aborts uploads in parts below a folder, however young, and no others", async () => {
    for (const Key of ["uploads/1/source", "uploads/10/source"]) await view.client.send(new CreateMultipartUploadCommand({ Bucket: view.bucket, Key }));
    await store.erase("uploads/1/");
    const { Uploads = [] } = await view.client.send(new ListMultipartUploadsCommand({ Bucket: view.bucket }));
    expect(Uploads.map(({ Key }) => Key)).to.deep.equal(["uploads/10/source"]);
  });

  it("has no key of an encrypted video that was erased, in no version", async () => {
    const video = encryptStore(store, keyRing([localKey(randomBytes(32))]));
    await video.put("videos/1/record.json", bytesOf("{}"), { ifAbsent: true });
    await video.put("videos/1/media/0", bytesOf("frames"));
    expect(await keysLeft()).to.deep.equal(["keys/videos/1/key.json", "videos/1/media/0", "videos/1/record.json"]);
    expect(await video.erase("videos/1/")).to.deep.equal({ objects: 2, older: 0, locked: 0 });
    expect(await view.versions()).to.deep.equal([]);
  });

  it("has, after keys were wrapped anew, none in any version that the older key opens", async () => {
    const [older, newer] = [localKey(randomBytes(32)), localKey(randomBytes(32))];
    const before = encryptStore(store, keyRing([older]));
    for (const id of ["1", "2", "3"]) await before.put(`videos/${id}/record.json`, bytesOf(id), { ifAbsent: true });
    await store.remove("keys/videos/3/key.json"); // as an earlier version deleted
    const ring = keyRing([newer, older]);
    const wrappers = async (): Promise<string[]> => await Promise.all((await view.versions("keys/")).filter(({ isMarker }) => !isMarker).map(async (version) => parseWrappedKey(await view.read(version)).by));
    expect(await rewrapKeys({ store, ring, check: true })).to.deep.include({ wrappedBy: { [older.id]: 2 }, older: 1 + 1 });
    expect(await rewrapKeys({ store, ring, check: false })).to.deep.include({ rewrapped: 2, wrappedBy: { [newer.id]: 2 }, older: 4, locked: 0 });
    expect(await wrappers()).to.deep.equal([newer.id, newer.id]);
    expect(await keysLeft("keys/")).to.deep.equal(["keys/videos/1/key.json", "keys/videos/2/key.json"]);
    expect((await encryptStore(store, keyRing([newer])).get("videos/1/record.json"))?.toString()).to.equal("1");
    expect(await rewrapKeys({ store, ring, check: true })).to.deep.include({ wrappedBy: { [newer.id]: 2 }, older: 0 });
  });

  it("keeps older versions of keys as long as there is one that cannot be had", async () => {
    const [older, newer] = [localKey(randomBytes(32)), localKey(randomBytes(32))];
    const before = encryptStore(store, keyRing([older]));
    for (const id of ["1", "2"]) await before.put(`videos/${id}/record.json`, bytesOf(id), { ifAbsent: true });
    await store.put("keys/videos/2/key.json", bytesOf("?"));
    const { failed, older: left } = await rewrapKeys({ store, ring: keyRing([newer, older]), check: false });
    expect([failed.length, left]).to.deep.equal([1, 2]);
    expect(await view.versions("keys/videos/2/")).to.have.length(2);
  });
});
