/** The service `access`: keys, and who they are. */
import { expect } from "chai";
import type { CallingOptions, ServiceBroker } from "moleculer";
import { hashKey, makeApiKey } from "../../config/access/api-key.ts";
import { passports } from "../../config/access/passports.ts";
import type { Caller } from "../../config/access/permissions.ts";
import { accessGuard } from "../../config/middlewares/access-guard.ts";
import { findErrorCode } from "../../config/errors.ts";
import type { AuthenticateResult, CreatedKey, CreateKeyParams, KeyView, ListKeysResult } from "../../services/access/access.contract.ts";
import { accessService } from "../../services/access/access.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

const ADMIN_KEY = makeApiKey().key;
const papers = passports("the secret of this mesh, for a test", "test");

describe("access", () => {
  let store: ReturnType<typeof memoryStore>;
  let broker: ServiceBroker;

  beforeEach(async () => {
    store = memoryStore();
    broker = quietBroker({ middlewares: [accessGuard(papers)] });
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
    broker.createService(accessService({ redisUrl: (await sharedRedis()).url, namespace: freshNamespace(), adminKeyHash: hashKey(ADMIN_KEY) }));
    await broker.start();
  });
  afterEach(() => broker.stop());

  const as = (caller: Caller | null): CallingOptions => (caller === null ? {} : { meta: { passport: papers.issue(caller) } });
  const whose = async (credential: string): Promise<Caller | null> => (await broker.call<AuthenticateResult, object>("access.authenticate", { credential })).caller;
  const create = (params: Partial<CreateKeyParams> = {}, by: Caller | null = null): Promise<CreatedKey> => broker.call("access.createKey", { name: "a key", roles: ["submitter"], ...params }, as(by));
  const list = async (by: Caller | null = null): Promise<KeyView[]> => (await broker.call<ListKeysResult, object>("access.listKeys", {}, as(by))).keys;
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => findErrorCode(await rejection(work, "it"));

  it("makes keys that say who shows them, and keeps none of them", async () => {
    const { key, ...shown } = await create({ tenant: "physics", scopes: ["videos.submit"] });
    expect(await whose(key)).to.deep.equal({ subject: `key:${shown.id}`, tenant: "physics", roles: ["submitter"], scopes: ["videos.submit"] });
    expect([...store.objects].filter(([, bytes]) => bytes.includes(key.slice(-72)))).to.deep.equal([]);
    const [seen] = await list();
    expect(seen).to.deep.include(shown).and.not.have.any.keys("key", "hash");
    expect(Date.parse(seen?.lastUsedAt ?? "")).to.be.closeTo(Date.now(), 60_000);
  });

  it("knows the admin key, also while the store is away, and nobody else's", async () => {
    store.get = async () => { throw new Error("the store is away"); };
    expect(await whose(ADMIN_KEY)).to.deep.equal({ subject: "admin", roles: ["admin"] });
    for (const credential of ["", "x", ADMIN_KEY.slice(0, -1), `${ADMIN_KEY}0`]) expect(await whose(credential), credential).to.equal(null);
    expect(await codeOf(whose(makeApiKey().key))).to.not.equal("unauthorized"); // nobody says that it is not good
  });

  it("ends a key at once when it is revoked, and for good", async () => {
    const { id, key } = await create();
    expect((await whose(key))?.subject).to.equal(`key:${id}`);
    const view = await broker.call<KeyView, object>("access.revokeKey", { id });
    expect(Date.parse(view.revokedAt ?? "")).to.be.closeTo(Date.now(), 60_000);
    expect(await whose(key)).to.equal(null);
    expect(await codeOf(broker.call("access.rotateKey", { id }))).to.equal("conflict");
    expect(await whose(key)).to.equal(null);
  });

  it("gives another key for one, and a day to change them", async () => {
    const old = await create({ tenant: "physics", expiresAt: new Date(Date.now() + 400 * 86_400_000).toISOString() });
    const { key, ...fresh } = await broker.call<CreatedKey, object>("access.rotateKey", { id: old.id });
    expect(fresh).to.deep.include({ name: old.name, roles: old.roles, tenant: "physics", expiresAt: old.expiresAt });
    expect([(await whose(old.key))?.subject, (await whose(key))?.subject]).to.deep.equal([`key:${old.id}`, `key:${fresh.id}`]);
    const until = (await list()).find(({ id }) => id === old.id)?.expiresAt ?? "";
    expect(Date.parse(until)).to.be.closeTo(Date.now() + 86_400_000, 60_000);
  });

  it("lets a key expire", async () => {
    const soon = await create({ expiresAt: new Date(Date.now() + 300).toISOString() });
    expect(await whose(soon.key)).to.not.equal(null);
    while (Date.now() <= Date.parse(soon.expiresAt ?? "")) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await whose(soon.key)).to.equal(null);
    for (const expiresAt of ["2020-01-01T00:00:00Z", "soon"]) expect(await codeOf(create({ expiresAt })), expiresAt).to.equal("bad_request");
  });

  it("gives nobody more than they have, by no way", async () => {
    const physics: Caller = { subject: "key:1", tenant: "physics", roles: ["admin"] };
    const scoped: Caller = { subject: "key:2", roles: ["admin"], scopes: ["keys.manage"] };
    expect(await create({ roles: ["submitter"] }, physics)).to.include({ tenant: "physics", createdBy: "key:1" });
    expect(await codeOf(create({ tenant: "arts" }, physics))).to.equal("forbidden");
    expect(await codeOf(create({ roles: ["submitter"] }, scoped))).to.equal("forbidden");
    const arts = await create({ tenant: "arts" });
    for (const action of ["access.rotateKey", "access.revokeKey"]) expect(await codeOf(broker.call(action, { id: arts.id }, as(physics))), action).to.equal("key_not_found");
    expect((await list(physics)).map(({ tenant }) => tenant)).to.deep.equal(["physics"]);
    for (const roles of [["viewer"], ["submitter"], ["operator"], ["auditor"]] as const) expect(await codeOf(create({}, { subject: "key:3", roles })), roles.join()).to.equal("forbidden");
    expect(await rejection(create({ roles: ["root"] as never }), "a role that there is not")).to.include({ type: "VALIDATION_ERROR" });
    expect(await codeOf(create({ scopes: ["everything"] as never }))).to.equal("bad_request");
    expect(await whose(arts.key)).to.not.equal(null);
  });
});
