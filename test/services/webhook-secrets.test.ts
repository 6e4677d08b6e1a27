/** What a stranger with the bucket in hand finds of webhooks: a real S3 server that keeps versions, read by a client of the test's own. */
import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { passports } from "../../config/access/passports.ts";
import { findErrorCode } from "../../config/errors.ts";
import type { StoreKeySource } from "../../config/store-keys.ts";
import { openKeyRing } from "../../services/storage/encryption/open-key-ring.ts";
import { rewrapEnvelopes, type EnvelopesReport } from "../../services/storage/encryption/rewrap-envelopes.ts";
import type { S3Location } from "../../services/storage/s3-client.ts";
import { openS3Store } from "../../services/storage/s3-store.ts";
import type { EndpointSecret, ListEndpointsResult, QueuedResult } from "../../services/webhooks/webhooks.contract.ts";
import { versionedLocation, viewBucket, type BucketView } from "../support/bucket-versions.ts";
import { freshNamespace, sharedRedis, sharedS3 } from "../support/servers.ts";
import { rejection } from "../support/rejection.ts";
import { startWebhookNode, WEBHOOK_SECRET, type WebhookNode } from "../support/webhook-node.ts";
import { isSignedBy, startReceiver, type Receiver } from "../support/webhook-receiver.ts";

const OLD: StoreKeySource = { kind: "env", name: "TEST_WEBHOOKS_OLD_KEY" };
const NEW: StoreKeySource = { kind: "env", name: "TEST_WEBHOOKS_NEW_KEY" };

describe("secrets of webhooks in a bucket", function () {
  this.timeout(60_000);
  const namespace = freshNamespace();
  let location: S3Location;
  let view: BucketView;
  let receiver: Receiver;
  let redisUrl: string;
  let node: WebhookNode | undefined;
  let [first, second]: EndpointSecret[] = [];

  before(async function () {
    this.timeout(180_000);
    for (const { name } of [OLD, NEW]) process.env[name] = randomBytes(32).toString("base64");
    location = await versionedLocation(await sharedS3());
    view = viewBucket(await sharedS3(), location.bucket);
    [receiver, { url: redisUrl }] = await Promise.all([startReceiver(), sharedRedis()]);
  });
  after(async () => {
    await node?.broker.stop();
    await receiver?.stop();
    view?.close();
    for (const { name } of [OLD, NEW]) delete process.env[name];
  });

  const restart = async (...storeKeys: StoreKeySource[]): Promise<void> => {
    await node?.broker.stop();
    node = undefined;
    node = await startWebhookNode({ redisUrl, namespace, storage: { store: { kind: "s3", ...location }, storeKeys }, allow: [receiver.hostPort] });
  };
  const running = (): WebhookNode => {
    if (node === undefined) throw new Error("there is no node");
    return node;
  };
  const call = <Result>(action: string, params: object): Promise<Result> => running().broker.call(action, params);
  const create = (path: string): Promise<EndpointSecret> => call("webhooks.create", { url: `${receiver.url}${path}`, events: ["video.complete"] });
  const isSigned = async ({ id }: EndpointSecret, ...secrets: string[]): Promise<boolean> => {
    const { delivery } = await call<QueuedResult>("webhooks.test", { id });
    const got = await receiver.received.until((received) => received.id === delivery);
    return secrets.every((secret) => isSignedBy(secret, got));
  };
  const rewrap = async (...sources: StoreKeySource[]): Promise<EnvelopesReport> => {
    const [store, ring] = await Promise.all([openS3Store(location), openKeyRing(sources)]);
    if (ring === undefined) throw new Error("there are no keys");
    return await rewrapEnvelopes({ store, ring, check: false }).finally(() => store.close());
  };
  /** Versions in which a secret or an address can be read; `current`: of what the objects are now alone. */
  const readable = async (needle: string, { current = false } = {}): Promise<string[]> => {
    const versions = (await view.versions()).filter(({ isLatest, isMarker }) => !isMarker && (isLatest || !current));
    const found = await Promise.all(versions.map(async (version) => ((await view.read(version)).includes(needle) ? [version.key] : [])));
    return [...new Set(found.flat())].toSorted();
  };

  it("can be read where the store has no keys", async () => {
    await restart();
    first = await create("/first?token=t0ken");
    expect(await readable("whsec_")).to.deep.equal([`access/webhooks/${first.id}/secret-000000.json`]);
    expect(await readable("t0ken")).to.deep.equal([`access/webhooks/${first.id}/endpoint.json`]);
  });

  it("cannot once it has: new ones at once, one from before with its next change, and its older versions by a rewrap", async () => {
    if (first === undefined) throw new Error("there is no first");
    await restart(OLD);
    expect(await isSigned(first, first.secret)).to.equal(true);
    second = await create("/second?token=t0ken");
    const rotated = await call<EndpointSecret>("webhooks.rotate", { id: first.id });
    expect([await readable("whsec_", { current: true }), await readable("t0ken", { current: true })]).to.deep.equal([[], []]);
    expect(await isSigned(first, first.secret, rotated.secret)).to.equal(true);
    expect(await readable("whsec_")).to.deep.equal([`access/webhooks/${first.id}/secret-000000.json`]);
    expect(await rewrap(OLD)).to.deep.include({ rewrapped: 0, plain: 0, failed: [], older: 2 });
    expect([await readable("whsec_"), await readable("t0ken")]).to.deep.equal([[], []]);
  });

  it("are opened by the key that took the other's place, and by the other no more", async () => {
    if (first === undefined || second === undefined) throw new Error("there is nothing");
    expect(await rewrap(NEW, OLD)).to.deep.include({ rewrapped: 5, failed: [], older: 5 });
    expect(String(await rejection(restart(OLD), "it started"))).to.include("none of the keys of LECTERN_STORE_KEYS");
    expect(String(await rejection(restart(), "it started"))).to.include("LECTERN_STORE_KEYS must say");
    await restart(NEW);
    expect(await isSigned(second, second.secret)).to.equal(true);
    expect(await isSigned(first, first.secret)).to.equal(true);
  });

  it("that are damaged keep no other endpoint from its messages, and can be removed by who may remove all", async () => {
    if (first === undefined || second === undefined) throw new Error("there is nothing");
    const { id } = first;
    const last = (await view.versions(`access/webhooks/${id}/secret`)).filter(({ isLatest }) => isLatest).toSorted((a, b) => (a.key < b.key ? 1 : -1))[0];
    if (last === undefined) throw new Error("it has no secret");
    const bytes = await view.read(last);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    const store = await openS3Store(location);
    await store.put(last.key, bytes);
    await store.close();
    await restart(NEW);
    const listed = async (): Promise<string[]> => (await call<ListEndpointsResult>("webhooks.list", {})).webhooks.map((webhook) => webhook.id);
    expect(await listed()).to.deep.equal([second.id]);
    expect(await isSigned(second, second.secret)).to.equal(true);
    expect(findErrorCode(await rejection(call("webhooks.get", { id }), "it was opened"))).to.equal("storage_damaged");
    const ofTenant = running().broker.call("webhooks.remove", { id }, { meta: { passport: passports(WEBHOOK_SECRET, "test").issue({ subject: "key:arts", roles: ["admin"], tenant: "arts" }) } });
    expect(findErrorCode(await rejection(ofTenant, "a tenant removed it"))).to.equal("storage_damaged");
    await call("webhooks.remove", { id });
    expect(findErrorCode(await rejection(call("webhooks.get", { id }), "it is there"))).to.equal("webhook_not_found");
    expect(await listed()).to.deep.equal([second.id]);
  });

  it("are in no version when their endpoint was deleted, nor is what another region sent late", async () => {
    if (second === undefined) throw new Error("there is no second");
    const { id } = second;
    const late = (await view.versions(`access/webhooks/${id}/secret`))[0];
    const bytes = late === undefined ? Buffer.alloc(0) : await view.read(late);
    await call("webhooks.remove", { id });
    const left = async (): Promise<string[]> => (await view.versions(`access/webhooks/${id}/`)).map(({ key }) => key.slice(key.lastIndexOf("/") + 1));
    expect(await left()).to.deep.equal(["deleted.json"]);
    const store = await openS3Store(location);
    await store.put(`access/webhooks/${id}/secret-000000.json`, bytes);
    await store.close();
    expect(await left()).to.have.length(2);
    await (running().broker.getLocalService("webhooks") as unknown as { sweep: { sweepVideos(): Promise<void> } }).sweep.sweepVideos();
    expect(await left()).to.deep.equal(["deleted.json"]);
  });
});
