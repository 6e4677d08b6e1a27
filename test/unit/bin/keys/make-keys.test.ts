/** What `npm run keys` leaves on disk, when it is run again, and when something is made anew. */
import { randomBytes, X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parseKeyArguments } from "../../../../bin/keys/key-arguments.ts";
import { runKeys } from "../../../../bin/keys/run-keys.ts";
import { parseStoreKeys } from "../../../../config/store-keys.ts";
import { openKeyRing } from "../../../../services/storage/encryption/open-key-ring.ts";
import { makeTempDir, removeDir } from "../../../support/processes.ts";
import { rejection } from "../../../support/rejection.ts";

describe("npm run keys", function () {
  this.timeout(10_000);
  let dir: string;
  let told: string;
  beforeEach(async () => { dir = await makeTempDir("make-keys"); });
  afterEach(async () => { await removeDir(dir); });

  async function keys(line = ""): Promise<string> {
    const parsed = parseKeyArguments(line.split(" ").filter((word) => word !== ""));
    if (parsed.kind !== "run") throw new Error(JSON.stringify(parsed));
    told = "";
    await runKeys(parsed.command, parsed.options, dir, (text) => { told += `${text}\n`; });
    return told;
  }
  const path = (name: string): string => join(dir, "keys", name);
  const read = (name: string): string => readFileSync(path(name), "utf8");
  const all = (): Map<string, string> => new Map(readdirSync(join(dir, "keys"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => {
    const full = join(entry.parentPath, entry.name);
    return [full.slice(join(dir, "keys").length + 1), readFileSync(full, "utf8")];
  }));
  /** Files that are not as they were. */
  const changed = (before: Map<string, string>): string[] => [...all()].filter(([name, text]) => before.get(name) !== text).map(([name]) => name).sort();

  it("makes everything for this user's eyes only, and shows no secret", async () => {
    await keys();
    expect([...all().keys()].sort()).to.deep.equal([
      "admin.key", "authority/authority.pem", "mesh.secret", ...["ca.crt", "clients.conf", "gateway-tls.conf", "nats.conf", "server.crt", "server.key"].map((name) => `nats/${name}`),
      ...["ca.crt", "client.crt", "client.key", "gateway.crt", "gateway.key", "nkey.seed", "node.env", "redis.password", "store.key"].map((name) => `nodes/edge-1/${name}`),
      ...["ca.crt", "client.crt", "client.key", "nkey.seed", "node.env"].map((name) => `nodes/operator-1/${name}`),
      ...["ca.crt", "client.crt", "client.key", "nkey.seed", "node.env", "redis.password", "store.key"].map((name) => `nodes/worker-1/${name}`),
      "record.json", "redis.password", ...["ca.crt", "redis.conf", "server.crt", "server.key", "users.acl"].map((name) => `redis/${name}`), "store.key",
    ].sort());
    for (const name of all().keys()) expect(statSync(path(name)).mode & 0o777, name).to.equal(0o600);
    for (const folder of ["", "authority", "nats", "redis", "nodes", "nodes/edge-1"]) expect(statSync(path(folder)).mode & 0o777, folder).to.equal(0o700);
    for (const secret of ["admin.key", "mesh.secret", "store.key", "redis.password", "nodes/edge-1/nkey.seed"]) expect(told.includes(read(secret).trim()), secret).to.equal(false);
    expect(told).to.not.include("PRIVATE");
    expect(read("redis/users.acl").includes(read("redis.password").trim())).to.equal(false);
  });

  it("keeps what is there when it is run again, and makes what is missing or cut short", async () => {
    await keys();
    const before = all();
    expect(await keys()).to.match(/^Nothing was missing\./);
    expect(changed(before)).to.deep.equal([]);
    rmSync(path("nodes/edge-1/gateway.key"));
    truncateSync(path("redis/server.crt"), 100);
    await keys();
    expect(changed(before)).to.deep.equal(["nodes/edge-1/gateway.crt", "nodes/edge-1/gateway.key", "redis/server.crt", "redis/server.key"]);
  });

  it("makes a certificate anew for another name", async () => {
    await keys();
    const before = all();
    await keys("--gateway video.example.org");
    expect(changed(before)).to.deep.equal(["nodes/edge-1/gateway.crt", "nodes/edge-1/gateway.key", "record.json"]);
    expect(new X509Certificate(read("nodes/edge-1/gateway.crt")).checkHost("video.example.org")).to.equal("video.example.org");
  });

  it("adds a node, and takes one away", async () => {
    await keys();
    const before = all();
    await keys("node worker-2 --role worker");
    expect(changed(before).filter((name) => !name.startsWith("nodes/worker-2/"))).to.deep.equal(["nats/clients.conf", "record.json"]);
    expect(read("nats/clients.conf")).to.include("MOL-lectern.REQ.worker-2");
    expect(await keys("remove worker-2")).to.include("worker-2 still knows what all nodes know");
    expect(read("nats/clients.conf")).to.equal(before.get("nats/clients.conf"));
    expect(existsSync(path("nodes/worker-2"))).to.equal(false);
    expect(String(await rejection(keys("remove worker-2"), "a node that is not there"))).to.include("There is no node worker-2.");
    expect(String(await rejection(keys("node edge-1 --role worker"), "another role"))).to.include("edge-1 is already there, as edge");
  });

  it("leaves a node alone whose folder was carried away, until it is told to", async () => {
    await keys();
    const conf = read("nats/clients.conf");
    renameSync(path("nodes/edge-1"), join(dir, "edge-1"));
    expect(await keys()).to.include("nodes/edge-1 is not here");
    expect(read("nats/clients.conf")).to.equal(conf);
    await keys("rotate node edge-1");
    expect(read("nats/clients.conf")).to.not.equal(conf);
  });

  it("gives nodes that store something the one key of the store, which opens it, and the prompt none", async () => {
    expect(await keys()).to.include("store.key opens all that nodes will store");
    const ids = await Promise.all(["edge-1", "worker-1"].map(async (id) => {
      const [, setting = ""] = /^LECTERN_STORE_KEYS=(.+)$/m.exec(read(`nodes/${id}/node.env`)) ?? [];
      expect(setting).to.equal(`file:${path(`nodes/${id}/store.key`)}`);
      return (await openKeyRing(parseStoreKeys(setting)))?.firstId;
    }));
    expect(ids[0]).to.be.a("string").and.to.equal(ids[1]);
    expect(read("nodes/operator-1/node.env")).to.not.include("STORE_KEYS");
  });

  it("gives nodes a second key of the store as a second line, and never another in the place of one that is missing", async () => {
    await keys();
    const second = `${read("store.key")}${randomBytes(32).toString("base64")}\n`;
    writeFileSync(path("store.key"), second);
    await keys();
    expect([read("store.key"), read("nodes/edge-1/store.key"), read("nodes/worker-1/store.key")]).to.deep.equal([second, second, second]);
    rmSync(path("store.key"));
    expect(String(await rejection(keys(), "a key is missing"))).to.include("store.key, by which all videos are encrypted, is missing");
    expect(existsSync(path("store.key"))).to.equal(false);
  });

  it("leaves it to the operator how a mesh encrypts whose keys are older, or who says so, until told otherwise", async () => {
    await keys("--store-key no");
    const { storeKey: _, ...older } = JSON.parse(read("record.json")) as Record<string, unknown>;
    writeFileSync(path("record.json"), JSON.stringify(older));
    await keys();
    expect([existsSync(path("store.key")), read("nodes/edge-1/node.env").includes("STORE_KEYS")]).to.deep.equal([false, false]);
    await keys("--store-key yes");
    expect(read("nodes/edge-1/node.env")).to.include("LECTERN_STORE_KEYS=file:");
    const key = read("store.key");
    await keys("--store-key no");
    expect(read("nodes/edge-1/node.env")).to.not.include("STORE_KEYS");
    await keys("--store-key yes");
    expect(read("store.key")).to.equal(key);
    expect(parseKeyArguments(["--store-key", "maybe"])).to.deep.include({ kind: "fault" });
  });

  const rotations: Record<string, string[]> = {
    "gateway": ["nodes/edge-1/gateway.crt", "nodes/edge-1/gateway.key"],
    "nats": ["nats/server.crt", "nats/server.key"],
    "redis": ["redis/server.crt", "redis/server.key"],
    "redis-password": ["nodes/edge-1/redis.password", "nodes/worker-1/redis.password", "redis.password", "redis/users.acl"],
    "mesh-secret": ["mesh.secret", "nodes/edge-1/node.env", "nodes/operator-1/node.env", "nodes/worker-1/node.env"],
    "node worker-1": ["nats/clients.conf", "nodes/worker-1/client.crt", "nodes/worker-1/client.key", "nodes/worker-1/nkey.seed", "record.json"],
  };
  for (const [what, files] of Object.entries(rotations)) {
    it(`makes anew what "rotate ${what}" says, and nothing else`, async () => {
      await keys();
      const before = all();
      await keys(`rotate ${what}`);
      expect(changed(before)).to.deep.equal(files);
    });
  }

  it("makes another authority, by which all is signed, and believes the one before it until the next", async () => {
    await keys();
    const first = read("nats/ca.crt");
    await keys("rotate authority");
    const second = read("nats/ca.crt");
    expect(second.endsWith(first) && second.length > first.length).to.equal(true);
    const authority = new X509Certificate(read("authority/authority.pem"));
    for (const name of ["nats/server.crt", "redis/server.crt", "nodes/edge-1/client.crt", "nodes/edge-1/gateway.crt", "nodes/worker-1/client.crt"]) expect(new X509Certificate(read(name)).verify(authority.publicKey), name).to.equal(true);
    await keys("rotate authority");
    expect(read("nats/ca.crt").includes(first)).to.equal(false);
  });

  it("lists until when certificates are good", async () => {
    expect(String(await rejection(keys("list"), "no keys"))).to.include("There are no keys in");
    await keys();
    expect(await keys("list")).to.match(/certificate +of +until +left\n[\s\S]*nodes\/edge-1\/gateway\.crt +edge-1 \(edge\) +\d{4}-\d\d-\d\d +364 days\n[\s\S]*authority\/authority\.pem/);
  });

  it("says what is wrong with files that are not its own, and changes nothing", async () => {
    await keys();
    writeFileSync(path("authority/authority.pem"), "something else");
    const before = all();
    expect(String(await rejection(keys(), "another file"))).to.include("authority.pem does not hold an authority's certificate and its key");
    writeFileSync(path("record.json"), "{}");
    expect(String(await rejection(keys(), "another record"))).to.include("record.json is not as `npm run keys` writes it");
    expect(changed(before)).to.deep.equal(["record.json"]);
  });
});
