/** The audit log of a real mesh: several callers, a node killed in the midst, Redis emptied. Then the store is tampered with. */
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Redis } from "ioredis";
import { hashKey, makeApiKey } from "../../config/access/api-key.ts";
import type { CreatedKey } from "../../services/access/access.contract.ts";
import type { QueryResult, RecordView } from "../../services/audit/audit.contract.ts";
import { exportLog } from "../../services/audit/export-log.ts";
import { logReader } from "../../services/audit/log-reader.ts";
import type { Report } from "../../services/audit/verify/verify-log.ts";
import type { StorageCalls } from "../../mixins/storage-calls.ts";
import { openDirectoryStore } from "../../services/storage/directory-store.ts";
import { findProcesses, openLectern, type LecternProcess } from "../support/lectern-process.ts";
import { joinMesh, leaveMesh, startMesh, type Mesh } from "../support/mesh.ts";
import { findFreePort } from "../support/ports.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { bareEnvironment } from "../support/start-process.ts";
import { listStore } from "../support/store-files.ts";

const AUDIT = fileURLToPath(new URL("../../bin/audit.ts", import.meta.url));
const ADMIN = makeApiKey().key;
const CLOSED_PORT = 9;

describe("the audit log of a mesh", function () {
  this.timeout(120_000);
  let dir: string;
  let mesh: Mesh;
  let second: LecternProcess;
  let secondUrl: string;
  const answered: string[] = [];

  before(async () => {
    dir = await makeTempDir("audit");
    await mkdir(join(dir, "data"));
    mesh = await startMesh({ dataDir: join(dir, "data"), settings: { LECTERN_ACCESS: "keys", LECTERN_ADMIN_KEY_HASH: hashKey(ADMIN), LECTERN_SOURCE_ALLOW: `127.0.0.1:${CLOSED_PORT}` } });
    const port = await findFreePort();
    second = await joinMesh(mesh, ["--services", "gateway,videos"], { LECTERN_HTTP_PORT: String(port), LECTERN_NODE_ID: "second" });
    secondUrl = `http://127.0.0.1:${port}`;
  });
  after(async () => {
    if (second?.child.signalCode === null) await leaveMesh(second);
    await mesh?.stop();
    await removeDir(dir);
  });

  const send = async (url: string, key: string | undefined, method: string, path: string, body?: object): Promise<Response> => fetch(url + path, {
    method, headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), "content-type": "application/json" }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const makeKey = async (roles: string[], tenant?: string): Promise<CreatedKey> => (await (await send(mesh.httpUrl, ADMIN, "POST", "/v1/keys", { name: "a key", roles, ...(tenant === undefined ? {} : { tenant }) })).json()) as CreatedKey;
  const run = async (...args: string[]): Promise<{ code: number | null; output: string }> => {
    const process = openLectern([AUDIT, ...args], { ...bareEnvironment(), LECTERN_DATA: mesh.dataDir, LECTERN_KEY: ADMIN });
    const { code } = await process.exited;
    return { code, output: process.output() };
  };
  const exportTo = async (name: string): Promise<string> => {
    const { code, output } = await run("export", join(dir, name));
    expect(code, output).to.equal(0);
    return join(dir, name);
  };
  const verify = async (file: string, ...more: string[]): Promise<{ code: number | null; checks: string[]; report: Report }> => {
    const { code, output } = await run("verify", file, "--json", ...more);
    const report = JSON.parse(output) as Report;
    return { code, report, checks: [...new Set(report.faults.map(({ check }) => check))] };
  };
  const query = async (parameters = "", key = ADMIN): Promise<RecordView[]> => ((await (await send(mesh.httpUrl, key, "GET", `/v1/audit?limit=1000${parameters}`)).json()) as QueryResult).records;

  /** Changes until nobody answers. @returns the request ids of those that were answered well */
  async function change(key: string, stop: () => boolean): Promise<void> {
    for (let n = 0; !stop(); n++) {
      try {
        const response = await send(secondUrl, key, "POST", "/v1/videos", { url: `http://127.0.0.1:${CLOSED_PORT}/${key.slice(-8)}/${n}.mp4` });
        if (response.status === 202) answered.push(((await response.json()) as { id: string }).id);
      } catch {
        return; // it was killed
      }
    }
  }

  it("has all that was answered, also of a node that was killed, and after Redis was lost", async () => {
    const keys = await Promise.all([makeKey(["submitter"], "physics"), makeKey(["submitter"], "arts"), makeKey(["submitter"])]);
    const auditor = await makeKey(["auditor"], "physics");
    expect((await send(mesh.httpUrl, undefined, "GET", "/v1/audit")).status).to.equal(401);
    expect((await send(mesh.httpUrl, keys[0]?.key, "GET", "/v1/audit")).status).to.equal(403);
    let stopped = false;
    const changing = keys.map(({ key }) => change(key, () => stopped));
    while (answered.length < 30) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const pid of findProcesses("LECTERN_NODE_ID=second")) process.kill(pid, "SIGKILL");
    stopped = true;
    await Promise.all(changing);
    const redis = new Redis(mesh.redisUrl);
    await redis.flushall();
    redis.disconnect();
    expect((await send(mesh.httpUrl, ADMIN, "DELETE", `/v1/keys/${keys[1]?.id}`)).status).to.equal(200);
    expect((await send(mesh.httpUrl, ADMIN, "DELETE", `/v1/videos/${answered[0]}`)).status).to.equal(204);

    const begun = await query("&action=videos.submit");
    const named = new Set(begun.map(({ target }) => target?.["video"]));
    const lost = answered.filter((id) => !named.has(id));
    expect(lost.length, "what came of the last posts was still to be written, of each caller one at most").to.be.at.most(keys.length);
    expect(begun.filter(({ type }) => type === "begun").length, "and that they were made was written").to.be.at.least(answered.length);
    expect(new Set(begun.map(({ who }) => who?.subject))).to.deep.equal(new Set(keys.map(({ id }) => `key:${id}`)));
    expect((await query(`&video=${answered[0]}&action=videos.remove`)).map(({ type, result, who, operation }) => [type, result, who?.subject, operation])).to.deep.equal([["done", "ok", "admin", "deleteVideo"], ["begun", undefined, "admin", "deleteVideo"]]);
    const tenants = new Set((await query("", auditor.key)).map(({ who, target }) => who?.tenant ?? target?.["tenant"]));
    expect([...tenants]).to.deep.equal(["physics"]);
    expect(JSON.stringify(await query())).to.not.include("127.0.0.1");
  });

  it("is intact, and its checkpoints know of the killed node's chain", async () => {
    const file = await exportTo("whole.ndjson");
    const { code, report } = await verify(file);
    expect(report.faults).to.deep.equal([]);
    expect(code).to.equal(0);
    expect(report.counts.chains).to.equal(2);
    expect((await run("verify", file)).output).to.match(/^Checked \d+ records of 2 chains[\s\S]*\nINTACT: /);
    expect((await verify(file, "--since-checkpoint", file)).code).to.equal(0);
  });

  it("proves nothing with another's key, and stays intact under a key that the old one signed", async () => {
    await cp(join(mesh.dataDir, "audit.key"), join(dir, "first.key"));
    expect((await run("rotate")).code).to.equal(0);
    const file = join(dir, "whole.ndjson");
    expect((await verify(file)).code, "the new key says nothing of the old one's past").to.equal(1);
    expect((await verify(file, "--key", join(dir, "first.key"))).code).to.equal(0);
    const pid = mesh.nodePid();
    process.kill(pid, "SIGKILL");
    while (!mesh.output().includes("The node runs again.")) await new Promise((resolve) => setTimeout(resolve, 50));
    await makeKey(["viewer"]);
    const { report, code } = await verify(await exportTo("rotated.ndjson"), "--key", join(dir, "first.key"));
    expect(report.faults).to.deep.equal([]);
    expect([code, report.counts.keys, report.counts.chains]).to.deep.equal([0, 2, 3]);
  });

  /** Tampers with a copy of the store, and exports that. */
  async function tampered(name: string, tamper: (log: string) => Promise<void>): Promise<string[]> {
    const root = join(dir, name);
    await cp(join(mesh.dataDir, "store/audit"), join(root, "audit"), { recursive: true });
    await tamper(join(root, "audit/local"));
    const store = await openDirectoryStore(root);
    const read = async (key: string): Promise<Buffer | null> => (await store.get(key)) ?? null;
    const list: StorageCalls["list"] = (prefix, after, delimiter) => store.list({ prefix, ...(after === undefined ? {} : { after }), ...(delimiter ? { delimiter: "/" } : {}) });
    const reader = logReader({ get: read, list, remove: (key) => store.remove(key), removePrefix: async (folder) => void (await store.removePrefix(folder)) }, "local");
    await writeFile(join(dir, `${name}.ndjson`), exportLog("local", reader, read, new Date()));
    const { code, checks } = await verify(join(dir, `${name}.ndjson`), "--key", join(dir, "first.key"));
    expect(code).to.equal(checks.length === 0 ? 0 : 1);
    return checks;
  }

  it("shows what was done to the stored objects, each by what it was", async () => {
    const records = (await listStore(mesh, "audit/local/records/")).map((key) => key.slice("audit/local/".length));
    const byWriter = Map.groupBy(records, (key) => key.split("/")[2] ?? "");
    const isKilled = async ([first = ""]: readonly string[]): Promise<boolean> => (await readFile(join(mesh.dataDir, "store/audit/local", first), "utf8")).includes("\"node\":\"second\"");
    const [[killed = "", objects = []] = []] = (await Promise.all([...byWriter].map(async (entry) => ((await isKilled(entry[1])) ? [entry] : [])))).flat();
    const [middle = "", next = "", last = ""] = [objects[3], objects[4], objects.at(-1)];
    expect(objects.length).to.be.above(5);
    expect(await tampered("flipped", async (log) => {
      const text = await readFile(join(log, middle), "utf8");
      await writeFile(join(log, middle), text.replace("videos.submit", "videos.remove"));
    })).to.deep.equal(["hash"]);
    expect(await tampered("deleted", (log) => rm(join(log, middle)))).to.deep.equal(["order"]);
    expect(await tampered("swapped", async (log) => {
      await rename(join(log, middle), join(log, "x"));
      await rename(join(log, next), join(log, middle));
      await rename(join(log, "x"), join(log, next));
    })).to.deep.equal(["order"]);
    expect(await tampered("tail", (log) => rm(join(log, last)))).to.deep.equal(["tail"]);
    expect(await tampered("gone", async (log) => {
      for (const hour of await readdir(join(log, "records"))) await rm(join(log, "records", hour, killed), { recursive: true, force: true });
    })).to.deep.equal(["missing"]);
    expect(await tampered("untouched", async () => undefined)).to.deep.equal([]);
  });
});
