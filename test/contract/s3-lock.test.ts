/** Object lock of a real S3 server: what is kept until a time is not removed before, by whoever. */
import { CreateBucketCommand, DeleteObjectCommand, GetObjectCommand, GetObjectRetentionCommand, ListObjectVersionsCommand, PutObjectRetentionCommand, type S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import { openS3Client, type S3Location } from "../../services/storage/s3-client.ts";
import { openS3Store } from "../../services/storage/s3-store.ts";
import { eventually } from "../support/eventually.ts";
import { rejection } from "../support/rejection.ts";
import { freshBucket } from "../support/s3.ts";
import { sharedS3 } from "../support/servers.ts";

const HOUR_MS = 3_600_000;

describe("S3 object lock", function () {
  this.timeout(60_000);
  let client: S3Client;
  let location: S3Location;
  let store: ObjectStore;

  before(async function () {
    this.timeout(180_000);
    const { endpoint, accessKeyId, secretAccessKey } = await sharedS3();
    location = { bucket: freshBucket(), endpoint, credentials: { accessKeyId, secretAccessKey } };
    client = openS3Client(location);
    await client.send(new CreateBucketCommand({ Bucket: location.bucket, ObjectLockEnabledForBucket: true }));
    store = await openS3Store(location);
  });
  after(async () => {
    await store?.close();
    client?.destroy();
  });

  const versionOf = async (Key: string): Promise<{ Bucket: string; Key: string; VersionId: string }> => {
    const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: location.bucket, Prefix: Key }));
    return { Bucket: location.bucket, Key, VersionId: Versions[0]?.VersionId ?? "" };
  };

  it("keeps what is written until its time, from its owner as from anybody", async () => {
    const until = Date.now() + HOUR_MS;
    expect(await store.put("audit/a", Buffer.from("a record"), { ifAbsent: true, keepUntil: until })).to.deep.equal({ stored: true });
    const version = await versionOf("audit/a");
    const { Retention } = await client.send(new GetObjectRetentionCommand(version));
    expect(Retention?.Mode).to.equal("COMPLIANCE");
    expect(Retention?.RetainUntilDate?.getTime()).to.be.closeTo(until, 1_000);
    for (const way of [{}, { BypassGovernanceRetention: true }]) expect(await rejection(client.send(new DeleteObjectCommand({ ...version, ...way })), "a locked object was removed")).to.have.property("name", "AccessDenied");
    expect(await rejection(client.send(new PutObjectRetentionCommand({ ...version, Retention: { Mode: "COMPLIANCE", RetainUntilDate: new Date(until - HOUR_MS / 2) }, BypassGovernanceRetention: true })), "the time was shortened")).to.have.property("name", "AccessDenied");
    await store.remove("audit/a");
    expect(await store.get("audit/a")).to.equal(undefined);
    const { Body } = await client.send(new GetObjectCommand(version));
    expect(await Body?.transformToString(), "hidden, and still there").to.equal("a record");
  });

  it("lets it go when the time is over", async () => {
    await store.put("audit/short", Buffer.from("x"), { keepUntil: Date.now() + 3_000 });
    const version = await versionOf("audit/short");
    expect(await rejection(client.send(new DeleteObjectCommand(version)), "a locked object was removed")).to.have.property("name", "AccessDenied");
    await eventually(() => client.send(new DeleteObjectCommand(version)).then(() => true, () => false));
    expect((await versionOf("audit/short")).VersionId).to.equal("");
  });

  it("locks nothing that need not be kept, and is done without where the bucket has none", async () => {
    await store.put("videos/a", Buffer.from("x"));
    await client.send(new DeleteObjectCommand(await versionOf("videos/a")));
    const plain = await openS3Store({ ...location, bucket: freshBucket() });
    expect(await plain.put("audit/a", Buffer.from("x"), { ifAbsent: true, keepUntil: Date.now() + HOUR_MS })).to.deep.equal({ stored: true });
    await plain.remove("audit/a");
    await plain.close();
  });
});
