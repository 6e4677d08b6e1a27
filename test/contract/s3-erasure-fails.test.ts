/** Erasures that are not whole: what is said of them, and what is left in the bucket. Policies and locks are the real server's. */
import { DeleteBucketPolicyCommand, PutBucketPolicyCommand, PutObjectCommand, PutObjectLegalHoldCommand, PutObjectRetentionCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { createHash } from "node:crypto";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import type { S3Location } from "../../services/storage/s3-client.ts";
import { openS3Store } from "../../services/storage/s3-store.ts";
import { versionedLocation, viewBucket, type BucketView } from "../support/bucket-versions.ts";
import { eventually } from "../support/eventually.ts";
import { rejection } from "../support/rejection.ts";
import { freshBucket } from "../support/s3.ts";
import { startS3FaultProxy, type S3FaultProxy } from "../support/s3-fault-proxy.ts";
import { sharedS3 } from "../support/servers.ts";

const isVersionListing = (line: string): boolean => /^GET .*[?&]versions(=|&|$)/.test(line);
const isVersioningQuestion = (line: string): boolean => /^GET .*[?&]versioning(=|&|$)/.test(line);
const isDeletion = (line: string): boolean => /^POST .*[?&]delete(=|&|$)/.test(line);

describe("an erasure in S3", function () {
  this.timeout(60_000);
  let view: BucketView;
  let proxy: S3FaultProxy;
  let store: ObjectStore;
  const notices: string[] = [];

  async function open(location: S3Location): Promise<void> {
    const s3 = await sharedS3();
    view = viewBucket(s3, location.bucket);
    proxy = await startS3FaultProxy(s3.endpoint);
    notices.length = 0;
    store = await openS3Store({ ...location, endpoint: proxy.endpoint }, { onNotice: (message) => notices.push(message) });
    for (const text of ["one", "two"]) await store.put("videos/1/a", Buffer.from(text));
  }
  before(async function () {
    this.timeout(180_000);
    await sharedS3();
  });
  afterEach(async () => {
    await store?.close();
    await proxy?.stop();
    view?.close();
  });
  const openVersioned = async (locks = false): Promise<void> => open(await versionedLocation(await sharedS3(), { locks }));
  const openPlain = async (): Promise<void> => {
    const { endpoint, accessKeyId, secretAccessKey } = await sharedS3();
    await open({ bucket: freshBucket(), endpoint, credentials: { accessKeyId, secretAccessKey } });
  };
  const refuse = (only: (line: string) => boolean, status: number, code: string): void => void Object.assign(proxy.faults, { only, refuseOneIn: 1, refusal: { status, code } });
  const heal = (): void => void Object.assign(proxy.faults, { only: undefined, refuseOneIn: undefined });
  const deny = (Action: string): Promise<unknown> => view.client.send(new PutBucketPolicyCommand({ Bucket: view.bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Deny", Principal: "*", Action, Resource: [`arn:aws:s3:::${view.bucket}`, `arn:aws:s3:::${view.bucket}/*`] }] }) }));

  it("that is cut off between listing and deleting is whole when it is done again", async () => {
    await openVersioned();
    refuse(isDeletion, 500, "InternalError");
    expect(await rejection(store.erase("videos/1/"), "cut off")).to.include({ type: "storage_unavailable" });
    expect(await view.versions()).to.have.length(2);
    heal();
    expect(await store.erase("videos/1/")).to.deep.equal({ objects: 1, older: 1, locked: 0 });
    expect(await view.versions()).to.deep.equal([]);
  });

  for (const right of ["s3:ListBucketVersions", "s3:DeleteObjectVersion"]) {
    it(`without the right ${right} says so, hides what it cannot erase, and is whole once it has that`, async () => {
      await openVersioned();
      await deny(right);
      for (let attempt = 0; attempt < 2; attempt++) {
        const error = await rejection(store.erase("videos/1/"), right);
        expect(error).to.include({ type: "erasure_incomplete", code: 503 });
        expect(String(error)).to.include(right);
        expect(await store.get("videos/1/a")).to.equal(undefined);
      }
      await view.client.send(new DeleteBucketPolicyCommand({ Bucket: view.bucket }));
      expect(await view.versions(), "one marker, whatever the attempts").to.have.length(3);
      expect(await store.erase("videos/1/")).to.deep.equal({ objects: 0, older: 3, locked: 0 });
      expect(await view.versions()).to.deep.equal([]);
    });
  }

  it("tells of versions that a lock keeps, hides them, and erases them when its time is over", async () => {
    await openVersioned(true);
    const [Body, hour] = [Buffer.from("locked"), new Date(Date.now() + 3_600_000)];
    const lock = { Bucket: view.bucket, Body, ContentMD5: createHash("md5").update(Body).digest("base64") };
    const { VersionId } = await view.client.send(new PutObjectCommand({ ...lock, Key: "videos/1/retained", ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: hour }));
    const held = { Bucket: view.bucket, Key: "videos/1/held", VersionId: (await view.client.send(new PutObjectCommand({ ...lock, Key: "videos/1/held", ObjectLockLegalHoldStatus: "ON" }))).VersionId };
    await store.put("audit/a", Buffer.from("a record"), { keepUntil: hour.getTime() });
    expect(await store.erase("videos/1/")).to.deep.equal({ objects: 1, older: 1, locked: 2 });
    for (const name of ["retained", "held"]) expect(await store.get(`videos/1/${name}`)).to.equal(undefined);
    const left = (await view.versions("videos/")).map(({ key, isMarker }) => `${key} ${isMarker}`);
    expect(left).to.have.members(["videos/1/retained false", "videos/1/retained true", "videos/1/held false", "videos/1/held true"]);
    expect(await store.erase("videos/1/"), "again").to.deep.equal({ objects: 0, older: 0, locked: 2 });
    expect(await view.versions("videos/"), "no further marker").to.have.length(4);
    await view.client.send(new PutObjectLegalHoldCommand({ ...held, LegalHold: { Status: "OFF" } }));
    expect(await store.erase("videos/1/")).to.deep.equal({ objects: 0, older: 2, locked: 1 });
    await view.client.send(new PutObjectRetentionCommand({ Bucket: view.bucket, Key: "videos/1/retained", VersionId, Retention: { Mode: "GOVERNANCE", RetainUntilDate: new Date(Date.now() + 1_000) }, BypassGovernanceRetention: true }));
    await eventually(async () => (await store.erase("videos/1/")).locked === 0);
    expect((await view.versions()).map(({ key }) => key)).to.deep.equal(["audit/a"]);
    expect((await store.get("audit/a"))?.toString()).to.equal("a record");
  });

  it("in a bucket without versions takes no more requests than a removal and one", async () => {
    await openPlain();
    const count = async (work: () => Promise<unknown>): Promise<number> => {
      const before = proxy.requests;
      await work();
      return proxy.requests - before;
    };
    const fill = async (): Promise<void> => { for (const key of ["videos/1/a", "videos/1/b", "keys/1"]) await store.put(key, Buffer.from("x")); };
    await fill();
    const removal = [await count(() => store.removePrefix("videos/1/")), await count(() => store.removePrefix("videos/1/")), await count(() => store.remove("keys/1"))];
    await fill();
    const erasure = [await count(() => store.erase("videos/1/")), await count(() => store.erase("videos/1/")), await count(() => store.erase("keys/1"))];
    expect(removal).to.deep.equal([3, 1, 1]);
    expect(erasure).to.deep.equal([4, 2, 2]);
  });

  it("goes without a listing of versions where the server has none and no versions, and tells of it once", async () => {
    for (const [status, code] of [[501, "NotImplemented"], [405, "MethodNotAllowed"]] as const) {
      await openPlain();
      refuse(isVersionListing, status, code);
      expect(await store.erase("videos/1/")).to.deep.equal({ objects: 1, older: 0, locked: 0 });
      await store.put("videos/1/a", Buffer.from("x"));
      refuse((line) => isVersionListing(line) || isVersioningQuestion(line), status, code);
      expect(await store.erase("videos/1/a")).to.deep.equal({ objects: 1, older: 0, locked: 0 });
      heal();
      expect(await view.versions()).to.deep.equal([]);
      expect(notices).to.have.length(1);
      await store.close();
      await proxy.stop();
      view.close();
    }
  });

  it("is none where the server lists no versions, though it keeps some", async () => {
    await openVersioned();
    refuse(isVersionListing, 501, "NotImplemented");
    for (const work of [() => store.erase("videos/1/"), () => store.prune("videos/1/")]) expect(await rejection(work(), "unlisted")).to.include({ type: "erasure_incomplete" });
    expect([await store.get("videos/1/a"), notices]).to.deep.equal([undefined, []]);
    expect(await view.versions()).to.have.length(3);
  });
});
