/** The runbooks on a mesh that is broken as they say: their commands, as who is on duty types them. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { explainRedis } from "../../bin/start/embedded-redis.ts";
import { api, type Api, type Problem } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { fillIn, guideCommands, isRun } from "../support/guide-commands.ts";
import { readGuide, runGuide } from "../support/guide.ts";
import { PROJECT } from "../support/imports.ts";
import { keepServer, type KeptServer } from "../support/kept-server.ts";
import type { LecternProcess } from "../support/lectern-process.ts";
import { makeLecture } from "../support/lectures.ts";
import { joinMesh, leaveMesh, startMesh, type Mesh } from "../support/mesh.ts";
import { startNats } from "../support/nats.ts";
import { findFreePort } from "../support/ports.ts";
import { startRedis } from "../support/redis.ts";
import { openSmallDisk, type SmallDisk } from "../support/small-disk.ts";
import { standInSystemd, type StandInSystemd } from "../support/stand-in-systemd.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";
import { spoilLog } from "../support/torn-log.ts";
import { playEnds } from "../support/viewer.ts";

const DISK_BYTES = 64 * 1024 * 1024;

describe("runbooks", function () {
  this.timeout(150_000);
  let folder: Folder;
  let disk: SmallDisk;
  let origin: TestOrigin;
  let nats: KeptServer;
  let redis: KeptServer;
  let mesh: Mesh;
  let door: LecternProcess;
  let atDoor: Api;
  let worker: LecternProcess | undefined;
  let systemd: StandInSystemd;
  let lectern: Api;
  let definitions: string;
  let looks: string;
  /** What a reader fills in. */
  let filled: Record<string, string>;
  let metrics: string;
  const headers = (): Record<string, string> => ({ Authorization: `Bearer ${filled["KEY"] ?? ""}` });

  before(async () => {
    [folder, disk] = [await openFolder(), await openSmallDisk(DISK_BYTES)];
    [definitions = "", looks = ""] = await readGuide("runbooks", "Runbooks");
    origin = await startOrigin({ dir: folder.path("") });
    const [monitor, doorPort] = [await findFreePort(), await findFreePort()];
    metrics = `127.0.0.1:${await findFreePort()}`;
    await writeFile(folder.path("nats.conf"), `max_payload: 8MB\nhttp: "127.0.0.1:${monitor}"\n`);
    nats = await keepServer((port) => startNats({ ...(port === undefined ? {} : { port }), args: ["-c", folder.path("nats.conf")] }));
    redis = await keepServer((port) => startRedis({ ...(port === undefined ? {} : { port }), dir: folder.path(""), durable: true }));
    const settings = { LECTERN_NATS_URL: nats.server.url, LECTERN_REDIS_URL: redis.server.url, LECTERN_STORE: `file:${disk.dir}` };
    mesh = await startMesh({ settings: { ...settings, LECTERN_SOURCE_ALLOW: origin.hostPort, LECTERN_ACCESS: "keys", LECTERN_SLOTS: "1", LECTERN_METRICS_PORT: metrics.split(":")[1] ?? "" } });
    door = await joinMesh(mesh, ["--services", "gateway", "--node-id", "door"], { LECTERN_HTTP_PORT: String(doorPort) });
    [lectern, atDoor] = [api(mesh.httpUrl), api(`http://127.0.0.1:${doorPort}`)];
    systemd = await standInSystemd(folder.path(""), {
      "nats-server": { start: nats.start, reload: async () => { process.kill(nats.server.pid, "SIGHUP"); } },
      "redis-server": { start: redis.start },
      "lectern@worker": {
        start: async () => { worker = await joinMesh(mesh, ["--services", "transcoder", "--node-id", "worker"]); },
        stop: async () => { expect(worker === undefined ? 0 : await leaveMesh(worker)).to.equal(0); },
      },
    });
    filled = {
      ...settings, PATH: systemd.path, LECTERN: mesh.httpUrl, KEY: (await readFile(join(mesh.dataDir, "admin.key"), "utf8")).trim(), LECTERN_DATA: mesh.dataDir,
      REDIS_DATA: folder.path(""), NATS_CONF: folder.path("nats.conf"), NATS_MONITOR: `http://127.0.0.1:${monitor}`, STORE: disk.dir,
    };
  });
  after(async () => {
    for (const node of [worker, door]) if (node !== undefined) await leaveMesh(node);
    await mesh?.stop();
    await Promise.all([nats?.stop(), redis?.stop(), origin?.stop(), systemd?.stop()]);
    await disk?.remove();
    await folder?.remove();
  });

  let lectures = 0;
  /** A video of its own. */
  async function post(seconds = 6): Promise<string> {
    const name = `${++lectures}.mp4`;
    await makeLecture(folder.path(name), { seconds, size: `${640 + 16 * lectures}x360` });
    return (await lectern.post({ url: `${origin.url}/${name}`, policy: "eager" }, headers())).id;
  }
  async function order(path: string): Promise<void> {
    const answer = await fetch(`${mesh.httpUrl}/v1/${path}`, { method: "POST", headers: headers() });
    expect(answer.ok, `${path}: ${answer.status}`).to.equal(true);
  }
  /** One that is not finished while the lane is paused. */
  async function postUnfinished(): Promise<string> {
    await order("queue/normal/pause");
    const id = await post();
    await lectern.until(id, "ready");
    return id;
  }
  const type = (...blocks: string[]): Promise<string> => runGuide([definitions, ...blocks], filled, PROJECT, folder.path(""));
  const health = async (): Promise<Problem> => (await (await fetch(`${mesh.httpUrl}/health/ready`)).json()) as Problem;

  let kept: string;

  it("have commands within their sentences, as other guides do, that do what they say", async () => {
    kept = await post(20); // more than what is to be made in its room
    await lectern.until(kept, "complete");
    const [ended, unfinished] = [await postUnfinished(), await postUnfinished()];
    await order(`videos/${ended}/cancel`);
    await cp(join(PROJECT, "deploy"), folder.path("deploy"), { recursive: true, filter: (path) => !path.includes("node_modules") });
    const values = { node: "door", lane: "bulk", pid: String(nats.server.pid), "another region's gateway": mesh.httpUrl };
    const aboutWork = (command: string): number => Number(/^ctl (retry|cancel)/.test(command)); // first, while there is some
    const commands = guideCommands().filter(isRun).toSorted((a, b) => aboutWork(b) - aboutWork(a)).map((command) => (
      fillIn(command.replace("<node>:9100", metrics), { ...values, id: command.startsWith("ctl retry") ? ended : command.startsWith("ctl cancel") ? unfinished : kept })
    ));
    const bare = `ctl() { LECTERN_KEY=$KEY node bin/ctl.ts --url "$LECTERN" "$@"; }`; // they are many, and npm takes longer than they do
    const said = await type(looks, `PATH=${dirname(process.execPath)}:$PATH`, bare, ...commands.map((command) => `(trap - ERR; set +eo pipefail; ${command.startsWith("grep") ? `cd ${folder.path("")};` : ""} ${command}) 2>&1 || echo "failed with $?: "${JSON.stringify(command)}`));
    expect(said.split("\n").filter((line) => line.startsWith("failed with "))).to.deep.equal([]);
    expect(said).to.include('"operator.pause"').and.include("PONG").and.include("# HELP");
    expect(await readFile(folder.path("deploy/prometheus/rules/nodes.yml"), "utf8")).to.include("https://your.own/runbooks.md#").and.not.include("git.example.org");
    await lectern.until(ended, "complete");
  });

  for (const [what, spoiled, signs] of [["cut where it is damaged", "last", "Bad file format"], ["started empty", "base", "Internal error in RDB"]] as const) {
    it(`bring a Redis back whose log is corrupt: ${what}`, async () => {
      const [empty = "", cut = ""] = await readGuide("runbooks", "Redis' log is corrupt");
      const unfinished = await postUnfinished();
      await redis.kill();
      spoilLog(folder.path(""), spoiled);
      const said = await redis.start().then(() => "it started", String);
      expect(said).to.include(signs).and.to.satisfy(() => explainRedis([said]) !== undefined);
      await playEnds(lectern, kept);
      expect(await type("ctl queue").then(() => "it answered", String)).to.include("(queue_unavailable)");
      const meanwhile = await post();
      if (spoiled === "base") expect(await type(cut).then(() => "it was cut", String)).to.include("failed: echo y | redis-check-aof");
      expect(await type(spoiled === "base" ? empty : cut)).to.match(/PONG\n$/);
      if (spoiled === "last") await order("queue/normal/resume"); // an empty one knows of no pause
      for (const id of [unfinished, meanwhile]) await lectern.until(id, "complete");
      await eventually(async () => {
        const { videos } = (await (await fetch(`${mesh.httpUrl}/v1/videos`, { headers: headers() })).json()) as { videos: { id: string }[] };
        return [kept, unfinished, meanwhile].every((id) => videos.some((video) => video.id === id));
      });
    });
  }

  it("bring NATS back", async () => {
    await nats.stop();
    await door.waitFor(/disconnected unexpectedly|Node '.*' disconnected/);
    await eventually(async () => /^door +local +away/m.test(await type("ctl nodes")));
    await playEnds(lectern, kept);
    expect((await atDoor.postRaw({ url: `${origin.url}/1.mp4` }, headers())).status).to.equal(503);
    expect(await type(...await readGuide("runbooks", "NATS is gone"))).to.match(/^true$/m);
    await eventually(async () => /^door +local +active/m.test(await type("ctl nodes")));
    expect((await atDoor.get(kept)).id).to.equal(kept);
  });

  it("make room in a store that is full", async () => {
    const unfinished = await postUnfinished();
    disk.fill();
    await eventually(async () => (await health()).detail?.includes("disk is full"));
    await playEnds(lectern, kept);
    await playEnds(lectern, unfinished);
    for (const [method, path, body] of [["POST", "uploads", "x".repeat(10_000)], ["DELETE", `videos/${kept}`, null]] as const) {
      const answer = await fetch(`${mesh.httpUrl}/v1/${path}`, { method, headers: headers(), body });
      expect([path, answer.status, ((await answer.json()) as Problem).code]).to.deep.equal([path, 507, "storage_full"]);
    }
    filled["VIDEO"] = kept;
    await eventually(async () => /^storage_full-/m.test(await type("ctl errors"))); // errors are told within seconds
    const said = await type("ctl errors", ...await readGuide("runbooks", "The bucket is full"));
    expect(said).to.match(/^storage_full-.* critical/m).and.include(`\n${kept} 20`).and.match(/Lane bulk goes on[^\n]*\n$/);
    expect((await fetch(`${mesh.httpUrl}/play/${kept}/master.m3u8`)).status).to.equal(410);
    await lectern.until(unfinished, "complete");
    await eventually(async () => (await health()).status !== 503);
  });
});
