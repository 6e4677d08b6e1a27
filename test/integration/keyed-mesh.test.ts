/** A mesh on which every line is TLS and every node has its key: NATS, Redis and nodes of each role with the files of `npm run keys`. */
import { execFile } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Redis } from "ioredis";
import { parseStoreKeys } from "../../config/store-keys.ts";
import { encryptStore } from "../../services/storage/encryption/encrypted-store.ts";
import { openKeyRing } from "../../services/storage/encryption/open-key-ring.ts";
import { openObjectStore } from "../../services/storage/open-object-store.ts";
import { api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { startKeyedServers, type KeyedServers } from "../support/keyed-servers.ts";
import { openLectern, type LecternProcess } from "../support/lectern-process.ts";
import { makeLecture } from "../support/lectures.ts";
import { findFreePort } from "../support/ports.ts";
import { bareEnvironment } from "../support/start-process.ts";
import { filesBelow } from "../support/store-files.ts";
import { expectExact } from "../support/viewer.ts";

const SECONDS = 6;
const WATCHER = "user watcher on nopass ~* &* +@all\n";
const program = (name: string): string => fileURLToPath(new URL(`../../bin/${name}.ts`, import.meta.url));

describe("a mesh with keys", function () {
  this.timeout(120_000);
  let servers: KeyedServers;
  let folder: Folder;
  let nodes: LecternProcess[];
  let httpPort: number;
  let videoId: string;
  const trusted = getCACertificates("default");

  before(async () => {
    nodes = [];
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: SECONDS, size: "320x240" });
    servers = await startKeyedServers((dir) => appendFileSync(join(dir, "redis", "users.acl"), WATCHER)); // it sees what Redis refuses others
    httpPort = await findFreePort();
    setDefaultCACertificates([...trusted, servers.fileOf("edge-1", "ca.crt").toString("utf8")]);
  });
  after(async () => {
    setDefaultCACertificates(trusted);
    for (const node of nodes) node.child.kill("SIGTERM");
    await Promise.all(nodes.map((node) => node.exited));
    await servers.stop();
    await folder.remove();
  });

  function environment(id: string, settings: Record<string, string> = {}): NodeJS.ProcessEnv {
    mkdirSync(folder.path(id), { recursive: true });
    return { ...bareEnvironment(), ...servers.settingsOf(id), LECTERN_DATA: folder.path(id), LECTERN_STORE: `file:${folder.path("store")}`, LECTERN_HTTP_PORT: String(httpPort), LECTERN_START_WAIT_SEC: "10", ...settings };
  }
  function open(id: string, settings: Record<string, string> = {}): LecternProcess {
    const node = openLectern([program("node")], environment(id, settings));
    nodes.push(node);
    return node;
  }
  const base = (): string => `https://localhost:${httpPort}`;
  const adminKey = (): string => readFileSync(join(servers.dir, "admin.key"), "utf8").trim();

  it("posts a video over HTTPS, makes it on one node, and plays it from the other", async () => {
    await Promise.all([open("edge-1"), open("worker-1")].map((node) => node.waitFor(/started successfully/)));
    const told = await new Promise<string>((resolve, reject) => {
      const child = execFile(process.execPath, [program("add"), folder.path("lecture.mp4"), "--policy", "eager", "--wait", "--server", base()], { env: environment("edge-1", { LECTERN_KEY: adminKey() }) }, (_, out, err) => {
        if (child.exitCode === 0) resolve(out);
        else reject(new Error(`${out}${err}`));
      });
    });
    const [, id = ""] = /https:\/\/localhost:\d+\/watch\/(\w+)/.exec(told) ?? [];
    expect(id, told).to.have.length(26);
    videoId = id;
    await expectExact(base(), api(base()), id, SECONDS * 25);
    const metrics = await (await fetch(`${base()}/metrics`, { headers: { Authorization: `Bearer ${adminKey()}` } })).text();
    for (const name of ["gateway", "nats", "redis"]) expect(metrics).to.match(new RegExp(`^lectern_certificate_expiry_timestamp_seconds\\{[^}]*certificate="${name}"[^}]*\\} 1[\\d.e+]+`, "m"));
  });

  it("has nothing in its store that can be read as a title, a source or media without the key that both nodes have", async () => {
    const source = readFileSync(folder.path("lecture.mp4"));
    const segment = Buffer.from(await (await fetch(`${base()}/play/${videoId}/source/0.m4s`)).arrayBuffer());
    expect(segment.includes("moof")).to.equal(true);
    const midst = (bytes: Buffer): Buffer => bytes.subarray(bytes.length >> 1, (bytes.length >> 1) + 16);
    const paths = (await filesBelow(folder.path("store"))).filter((path) => /\/store\/(videos|uploads)\//.test(path));
    expect(paths.some((path) => path.endsWith("/source/0.m4s")) && paths.some((path) => path.includes("/uploads/"))).to.equal(true);
    const readable = paths.filter((path) => ["ftyp", "moof", "mdat", '"codec', '"facts"', "lecture", midst(source), midst(segment)].some((needle) => readFileSync(path).includes(needle)));
    expect(readable).to.deep.equal([]);
    expect(servers.fileOf("worker-1", "store.key").equals(servers.fileOf("edge-1", "store.key"))).to.equal(true);
    const ring = await openKeyRing(parseStoreKeys(servers.settingsOf("edge-1")["LECTERN_STORE_KEYS"]));
    const store = await openObjectStore({ kind: "file", dir: folder.path("store") });
    expect(ring === undefined ? undefined : (await encryptStore(store, ring).get(`videos/${videoId}/media/source/0.m4s`))?.equals(segment)).to.equal(true);
  });

  it("has an operator's prompt, which is a node of its own", async () => {
    const repl = openLectern([program("repl")], environment("operator-1", { LECTERN_KEY: adminKey() }), "pipe");
    nodes.push(repl);
    await repl.waitFor(/lectern\$/);
    repl.child.stdin?.write("nodes\n");
    await repl.waitFor(/edge-1[\s\S]*worker-1/);
    repl.child.stdin?.write("exit\n");
    expect((await repl.exited).code).to.equal(0);
  });

  it("was refused nothing by Redis, nor by NATS", async () => {
    const watcher = new Redis({ host: "localhost", port: servers.redisPort, username: "watcher", password: "any", tls: Object.fromEntries(["ca", "cert", "key"].map((name) => [name, servers.fileOf("edge-1", name === "ca" ? "ca.crt" : `client.${name === "cert" ? "crt" : "key"}`)])) });
    try {
      expect(await watcher.call("ACL", "LOG")).to.deep.equal([]);
    } finally {
      watcher.disconnect();
    }
    for (const node of nodes) expect(node.output()).to.not.match(/NATS does not let|Redis does not let|NOPERM/);
  });

  it("has no secret in what its nodes say", () => {
    const secrets = ["edge-1", "worker-1"].flatMap((id) => ["redis.password", "nkey.seed", "store.key"].map((name) => servers.fileOf(id, name).toString("utf8").trim())).concat(servers.settingsOf("edge-1")["LECTERN_MESH_SECRET"] ?? "");
    expect(new Set(secrets).size).to.equal(5);
    for (const node of nodes) for (const secret of secrets) expect(node.output().includes(secret)).to.equal(false);
  });

  it("ends a node under another's name, and one whose NATS is not the one it believes, and says why", async () => {
    const impostor = open("edge-1", { LECTERN_NODE_ID: "worker-9", LECTERN_SERVICES: "cache", LECTERN_DATA: folder.path("impostor") });
    expect((await impostor.exited).code).to.not.equal(0);
    expect(impostor.output()).to.match(/NATS does not let this node hear MOL-lectern\.\w+\.worker-9: its nkey is not that of a node "worker-9"\./);

    const doubter = open("worker-1", { LECTERN_NODE_ID: "worker-1", LECTERN_SERVICES: "cache", LECTERN_NATS_CA: "/etc/ssl/certs/ca-certificates.crt", LECTERN_START_WAIT_SEC: "1", LECTERN_DATA: folder.path("doubter") });
    expect((await doubter.exited).code).to.equal(1);
    expect(doubter.output()).to.match(/NATS at localhost:\d+ does not take this node after 1 s: are the credentials those of its configuration\? Over TLS: is its certificate by an authority that LECTERN_NATS_CA names\?/);
  });
});
