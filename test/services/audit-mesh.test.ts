/** The audit log of several nodes: the one that carries an action out records it, whoever called it from wherever. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ServiceBroker } from "moleculer";
import { passports } from "../../config/access/passports.ts";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig, type Config } from "../../config/config.ts";
import { findErrorCode } from "../../config/errors.ts";
import { auditService } from "../../services/audit/audit.service.ts";
import type { QueryResult, RecordView } from "../../services/audit/audit.contract.ts";
import type { Checkpoint } from "../../services/audit/chain/chain.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { memoryStore } from "../support/memory-store.ts";
import { rejection } from "../support/rejection.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";

const SECRET = "what all nodes of this mesh know, and no others";

describe("the audit log of several nodes", function () {
  this.timeout(20_000);
  let dir: string;
  let config: Config;
  let nodes: ServiceBroker[];
  const store = memoryStore();

  const open = async (nodeId: string): Promise<ServiceBroker> => {
    config = loadConfig({ LECTERN_NATS_URL: (await sharedNats()).url, LECTERN_NAMESPACE: config?.namespace ?? freshNamespace(), LECTERN_NODE_ID: nodeId, LECTERN_MESH_SECRET: SECRET, LECTERN_REGION: "eu", LECTERN_DATA: dir });
    return new ServiceBroker({ ...brokerOptions(config), logger: false });
  };

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "lectern-audit-"));
    nodes = [];
    for (const name of ["one", "other"]) {
      const node = await open(name);
      node.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
      node.createService(auditService(config));
      node.createService({ name: "videos", actions: { remove: () => null } });
      nodes.push(node);
    }
    nodes.push(await open("prompt"));
    await Promise.all(nodes.map((node) => node.start()));
    await nodes[2]?.waitForServices(["videos", "audit"], 10_000);
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    rmSync(dir, { recursive: true });
  });

  const call = <Result>(action: string, params: object, nodeID: string, meta: object = {}): Promise<Result> => {
    const [, , prompt] = nodes;
    if (prompt === undefined) throw new Error("there is no third node");
    return prompt.call(action, params, { nodeID, meta });
  };
  const passport = (subject: string): { passport: string } => ({ passport: passports(SECRET, config.namespace).issue({ subject, roles: ["admin"] }) });

  it("has what was called from another node, for somebody or for nobody, where it was carried out", async () => {
    await call("videos.remove", { id: "a" }, "one", passport("admin"));
    await call("videos.remove", { id: "b" }, "other", passport("key:1"));
    await call("videos.remove", { id: "c" }, "other");
    const { records } = await call<QueryResult>("audit.query", { action: "videos.remove", result: "ok" }, "one");
    const shown = ({ node, who, target }: RecordView): unknown[] => [node, who?.subject, target?.["video"]];
    expect(records.map(shown).toReversed()).to.deep.equal([["one", "admin", "a"], ["other", "key:1", "b"], ["other", "node", "c"]]);
    expect(records.map(({ chain }) => chain.replace(/[^/]+$/, "")).every((folder) => folder === "eu/")).to.equal(true);
    expect(new Set(records.map(({ chain }) => chain)).size).to.equal(2);
  });

  it("has the chains of both in one checkpoint, made by either, signed by the one key that they share", async () => {
    const { heads, n } = await call<Checkpoint>("audit.checkpoint", {}, "one");
    expect(heads).to.have.length(2);
    expect(await call<Checkpoint>("audit.checkpoint", {}, "other")).to.include({ n });
    expect([...store.objects.keys()].filter((key) => key.includes("/keys/"))).to.have.length(1);
  });

  it("lets nothing be changed before it is open", async () => {
    const early = new ServiceBroker({ ...brokerOptions(loadConfig({ LECTERN_NODE_ID: "early" })), logger: false });
    early.createService(auditService(config)); // which waits for storage
    early.createService({ name: "videos", actions: { remove: () => null } });
    void early.start();
    await early.waitForServices("videos", 10_000);
    expect(findErrorCode(await rejection(early.call("videos.remove", { id: "a" }, { retries: 0 }), "it"))).to.equal("not_ready");
    await early.stop();
  });
});
