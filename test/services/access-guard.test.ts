/** What is checked in the broker, on the node where an action is carried out. */
import { expect } from "chai";
import { ServiceBroker, type Context } from "moleculer";
import { ACTIONS } from "../../config/access/actions.ts";
import { passports } from "../../config/access/passports.ts";
import type { Role } from "../../config/access/permissions.ts";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { findErrorCode } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { SERVICES } from "../../config/services.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";

const SECRET = "what all nodes of this mesh know, and no others";

describe("access, checked in the broker", function () {
  this.timeout(20_000);
  let namespace: string;
  let nodes: ServiceBroker[];
  let caller: ServiceBroker;
  let done: string[];

  before(async () => {
    namespace = freshNamespace();
    const open = async (nodeId: string): Promise<ServiceBroker> => {
      const config = loadConfig({ LECTERN_NATS_URL: (await sharedNats()).url, LECTERN_NAMESPACE: namespace, LECTERN_NODE_ID: nodeId, LECTERN_MESH_SECRET: SECRET });
      return new ServiceBroker({ ...brokerOptions(config), logger: false });
    };
    caller = await open("caller");
    const callee = await open("callee");
    nodes = [callee, caller];
    callee.createService({ name: "videos", actions: {
      remove: async (ctx: Context) => { done.push(`removed for ${callerOf(ctx)?.subject ?? "a node"}`); await ctx.call("storage.remove"); },
      get: () => "a video",
    } });
    callee.createService({ name: "storage", actions: { remove: () => { done.push("object removed"); } } });
    callee.createService({ name: "new", actions: { thing: () => "done" } });
    await Promise.all(nodes.map((node) => node.start()));
    await caller.waitForServices(["videos", "storage", "new"], 5_000);
  });
  beforeEach(() => { done = []; });
  after(() => Promise.all(nodes.map((node) => node.stop())));

  const papers = (secret: string | undefined) => passports(secret, namespace);
  const passport = (...roles: Role[]): { meta: { passport: string } } => ({ meta: { passport: papers(SECRET).issue({ subject: "key:1", roles }) } });
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => findErrorCode(await rejection(work, "it"));

  it("does what the caller may, with what that takes of other services", async () => {
    await caller.call("videos.remove", {}, passport("submitter"));
    expect(done).to.deep.equal(["removed for key:1", "object removed"]);
    expect(await caller.call("videos.get", {}, passport())).to.equal("a video");
  });

  it("refuses the rest before anything is done", async () => {
    for (const roles of [[], ["viewer"], ["operator"], ["auditor"]] as Role[][]) expect(await codeOf(caller.call("videos.remove", {}, passport(...roles))), roles.join()).to.equal("forbidden");
    expect(done).to.deep.equal([]);
  });

  it("believes no passport of another mesh, and nothing that is plain", async () => {
    const wider = { subject: "key:1", roles: ["admin"] as const };
    for (const forged of [papers("another secret of thirty-two letters").issue(wider), papers(undefined).issue(wider), JSON.stringify(wider), "", 1, null]) {
      expect(await codeOf(caller.call("videos.remove", {}, { meta: { passport: forged, caller: wider, roles: ["admin"] } })), JSON.stringify(forged)).to.equal("unauthorized");
    }
    expect(done).to.deep.equal([]);
  });

  it("keeps what services ask of each other from persons, and what nobody has thought of", async () => {
    for (const action of ["storage.remove", "new.thing"]) {
      expect(await codeOf(caller.call(action, {}, passport("operator", "submitter"))), action).to.equal("forbidden");
      await caller.call(action, {}, passport("admin"));
      await caller.call(action); // a node
    }
  });

  it("names actions that there are", async () => {
    const schemas = await Promise.all(SERVICES.map(async (name) => ((await import(`../../services/${name}/${name}.service.ts`)) as { default: { name: string; actions?: object } }).default));
    const actions = schemas.flatMap(({ name, actions: own = {} }) => Object.keys(own).map((action) => `${name}.${action}`));
    expect(Object.keys(ACTIONS).filter((action) => !actions.includes(action))).to.deep.equal([]);
  });
});
