/** A Lectern as it starts by itself: whoever asks for more than to watch shows a key, and the commands do so by themselves. */
import { execFile } from "node:child_process";
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { CreatedKey } from "../../services/access/access.contract.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { makeLecture } from "../support/lectures.ts";
import { openLectern, type LecternProcess } from "../support/lectern-process.ts";
import { bareEnvironment, READY } from "../support/start-process.ts";

const program = (name: string): string => fileURLToPath(new URL(`../../bin/${name}.ts`, import.meta.url));

describe("a Lectern that asks for keys", function () {
  this.timeout(90_000);
  let folder: Folder;
  let start: LecternProcess;
  let url: string;
  let admin: string;
  let id: string;

  const environment = (settings: Record<string, string> = {}): NodeJS.ProcessEnv => ({ ...bareEnvironment(), LECTERN_DATA: folder.path("data"), HOME: folder.path(""), ...settings });
  async function open(): Promise<string> {
    start = openLectern([program("start")], environment({ LECTERN_HTTP_PORT: "0" }));
    await start.waitFor(READY);
    url = (JSON.parse(readFileSync(folder.path("data/mesh.json"), "utf8")) as { httpUrl: string }).httpUrl;
    return start.output();
  }
  async function close(): Promise<void> {
    start.child.kill("SIGTERM");
    await start.exited;
  }
  const run = (name: string, args: string[], settings: Record<string, string> = {}): Promise<{ code: number; out: string }> => new Promise((resolve) => {
    const child = execFile(process.execPath, [program(name), ...args], { env: environment(settings) }, (_, out, err) => resolve({ code: child.exitCode ?? -1, out: out + err }));
  });
  const ask = (path: string, key?: string, init: RequestInit = {}): Promise<Response> => fetch(url + path, { ...init, headers: { "Content-Type": "application/json", ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }) } });
  const post = (path: string, key: string | undefined, body: object): Promise<Response> => ask(path, key, { method: "POST", body: JSON.stringify(body) });
  const makeKey = async (body: object): Promise<CreatedKey> => (await (await post("/v1/keys", admin, body)).json()) as CreatedKey;

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 6, size: "320x240" });
  });
  after(async () => {
    await close();
    await folder.remove();
  });

  it("makes one at its first start, shows it that once, and keeps it", async () => {
    const first = await open();
    admin = readFileSync(folder.path("data/admin.key"), "utf8").trim();
    expect(statSync(folder.path("data/admin.key")).mode & 0o777).to.equal(0o600);
    expect(first).to.include(`${url}/#key=${admin}\n`);
    await close();
    expect(await open()).to.include(folder.path("data/admin.key")).and.not.include(admin);
    expect(readFileSync(folder.path("data/logs/node.log"), "utf8")).to.not.include(admin);
    expect((await ask("/v1/keys", admin)).status).to.equal(200);
  });

  it("lets its user's own commands do everything, and no others", async () => {
    const added = await run("add", [folder.path("lecture.mp4"), "--policy", "eager", "--wait"]);
    expect(added.code, added.out).to.equal(0);
    id = /Video (\w{26}) is accepted/.exec(added.out)?.[1] ?? "";
    expect(JSON.parse((await run("ctl", ["video", id, "--json"])).out)).to.include({ id, status: "complete" });
    expect(await run("ctl", ["nodes"], { LECTERN_DATA: folder.path("elsewhere"), LECTERN_KEY: "", LECTERN_HTTP_PORT: new URL(url).port })).to.deep.equal({ code: 1, out: "This needs an API key: Authorization: Bearer lectern_… (unauthorized)\n" });
    const elsewhere = await run("add", [folder.path("lecture.mp4"), "--server", url.replace("127.0.0.1", "localhost")]);
    expect(elsewhere, "the admin key is for its own mesh only").to.deep.include({ code: 1 }).and.property("out").match(/unauthorized/);
  });

  it("makes, lists and ends keys at the command line", async () => {
    const made = await run("ctl", ["make-key", "a lecture recorder", "--roles", "submitter", "--tenant", "physics"]);
    expect(made.code, made.out).to.equal(0);
    const [, keyId = "", key = ""] = /^Key (\w{20}) \(a lecture recorder\) is made.*\n(lectern_\w+)\n$/.exec(made.out) ?? [];
    expect((await ask("/v1/videos", key)).status).to.equal(200);
    expect((await run("ctl", ["keys"])).out).to.match(new RegExp(`${keyId} +a lecture recorder +submitter +physics`));
    expect(await run("ctl", ["make-key", "more", "--roles", "admin"], { LECTERN_KEY: key })).to.deep.equal({ code: 1, out: "This asks for the permission keys.manage, which the key does not have. (forbidden)\n" });
    expect((await run("ctl", ["revoke-key", keyId])).code).to.equal(0);
    expect((await ask("/v1/videos", key)).status).to.equal(401);
    expect((await run("ctl", ["revoke-key", "0".repeat(20)])).out).to.match(/key_not_found/);
  });

  it("lets everybody watch, and do nothing else", async () => {
    for (const path of [`/v1/videos/${id}`, `/play/${id}/master.m3u8`, `/play/${id}/source/0.m4s`, `/watch/${id}`, "/", "/health/ready"]) expect((await ask(path)).status, path).to.equal(200);
    for (const path of ["/v1/videos", "/v1/queue", "/v1/keys", "/metrics"]) expect((await ask(path)).status, path).to.equal(401);
    expect((await ask(`/v1/videos/${id}`, undefined, { method: "DELETE" })).status).to.equal(401);
    expect((await post("/v1/videos", undefined, { url: "https://media.example/a.mp4" })).status).to.equal(401);
    expect((await fetch(`${url}/v1/uploads`, { method: "POST", body: "bytes" })).status).to.equal(401);
  });

  it("gives out keys for a part of it, and takes them back", async () => {
    const viewer = await makeKey({ name: "a course page", roles: ["viewer"] });
    const physics = await makeKey({ name: "physics", roles: ["submitter", "admin"], tenant: "physics" });
    expect((await ask("/v1/videos", viewer.key)).status).to.equal(200);
    expect((await ask(`/v1/videos/${id}`, viewer.key, { method: "DELETE" })).status).to.equal(403);
    expect(((await (await ask("/v1/videos", physics.key)).json()) as { videos: object[] }).videos, "another tenant's are not theirs").to.deep.equal([]);
    expect((await ask(`/v1/videos/${id}`, physics.key, { method: "DELETE" })).status).to.equal(404);
    expect((await post("/v1/keys", physics.key, { name: "wider", roles: ["admin"], tenant: "arts" })).status).to.equal(403);
    expect((await ask(`/v1/keys/${viewer.id}`, admin, { method: "DELETE" })).status).to.equal(200);
    expect((await ask("/v1/videos", viewer.key)).status).to.equal(401);
    expect((await run("ctl", ["nodes"], { LECTERN_KEY: physics.key })).out).to.match(/forbidden/);
  });

  it("knows its keys after a restart, and in a new Redis", async () => {
    const { key } = await makeKey({ name: "stays", roles: ["viewer"] });
    await close();
    rmSync(join(folder.path("data"), "redis"), { recursive: true, force: true });
    await open();
    expect((await ask("/v1/videos", key)).status).to.equal(200);
  });
});
