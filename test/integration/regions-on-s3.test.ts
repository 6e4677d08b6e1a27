/** Two regions with a bucket each on a real S3 server, reached with credentials that the file of regions names. */
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { expect } from "chai";
import { parseRegions } from "../../config/regions-file.ts";
import type { Regions } from "../../config/regions.ts";
import { openObjectStore } from "../../services/storage/open-object-store.ts";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import { openRegionalStore, type RegionalStore } from "../../services/storage/regions/regional-store.ts";
import { eventually } from "../support/eventually.ts";
import { freshBucket, type TestS3 } from "../support/s3.ts";
import { sharedS3 } from "../support/servers.ts";
import { silent } from "../support/staged-regions.ts";

const LARGE = 20 * 1024 * 1024;
const say = (): void => undefined;

describe("regions on S3", function () {
  this.timeout(90_000);
  let s3: TestS3;
  let us: RegionalStore;
  let inEu: ObjectStore;

  before(async () => {
    s3 = await sharedS3();
    const region = (name: string): string => `- { name: ${name}, store: "s3://${freshBucket()}", endpoint: "${s3.endpoint}", credentials: { accessKeyId: TEST_KEY, secretAccessKey: TEST_SECRET }, publicUrl: "http://${name}.test", place: { latitude: 0, longitude: 0 } }`;
    const regions: Regions = parseRegions(`regions:\n${region("us")}\n${region("eu")}`, "us", { TEST_KEY: s3.accessKeyId, TEST_SECRET: s3.secretAccessKey });
    const [eu = regions.own] = regions.others;
    inEu = await openObjectStore(eu.store);
    await inEu.probe();
    const own = await openObjectStore(regions.own.store);
    await own.probe();
    us = await openRegionalStore(own, regions, {
      nodeId: "us-1", instance: "us-1", logger: silent, openStore: openObjectStore, announceDeleted: say, meter: { copied: say, sent: say, looked: say, lag: say },
      timing: { probeMs: 200, tickMs: 50, scanMs: 500, lingerMs: 200 },
      listNodes: async () => [{ id: "us-1", instance: "us-1", region: "us", services: ["storage", "scheduler"] }],
    });
    await eventually(() => us.views().every(({ storeReachable }) => storeReachable));
  });
  after(async () => {
    await us?.close();
    await inEu?.close();
  });

  it("have a record in both buckets when it is answered, created once in each", async () => {
    const record = Buffer.from(JSON.stringify({ id: "v", ...us.place() }));
    expect(await us.put("videos/v/record.json", record, { ifAbsent: true })).to.deep.equal({ stored: true, copies: ["eu"] });
    expect((await inEu.get("videos/v/record.json"))?.equals(record)).to.equal(true);
    expect(await us.put("videos/v/record.json", Buffer.from("{}"), { ifAbsent: true })).to.deep.equal({ stored: false });
  });

  it("bring segments, and an upload that does not fit one request", async () => {
    const [segment, source] = [randomBytes(300_000), randomBytes(LARGE)];
    await us.put("videos/v/media/720p/0.m4s", segment, { ifAbsent: true });
    await us.upload("uploads/u/source", Readable.from([source]), { maxBytes: LARGE });
    await us.put("uploads/u/upload.json", Buffer.from("{}"));
    await eventually(async () => (await inEu.head("uploads/u/upload.json")) !== undefined);
    expect((await inEu.get("uploads/u/source"))?.equals(source)).to.equal(true);
    await eventually(async () => (await inEu.get("videos/v/media/720p/0.m4s"))?.equals(segment));
    await eventually(async () => (await us.list({ prefix: "replicating/" })).objects.length === 0);
  });

  it("read there what is not here, and keep it", async () => {
    const record = Buffer.from(JSON.stringify({ id: "w", home: "eu", standby: ["us"] }));
    await inEu.put("videos/w/record.json", record);
    await inEu.put("videos/w/media/720p/0.m4s", record);
    expect((await us.get("videos/w/record.json"))?.equals(record)).to.equal(true);
    await eventually(async () => (await us.list({ prefix: "videos/w/record" })).objects.length === 1);
    expect(await us.head("videos/w/media/720p/0.m4s")).to.include({ size: record.length });
    expect((await us.list({ prefix: "videos/w/media/" })).objects).to.have.lengthOf(1);
  });

  it("delete in both", async () => {
    await us.put("deleted/v.json", Buffer.from("{}"), { ifAbsent: true });
    await us.erase("videos/v/");
    await eventually(async () => (await inEu.list({ prefix: "videos/v/" })).objects.length === 0);
    expect(await inEu.head("deleted/v.json")).to.include({ size: 2 });
  });
});
