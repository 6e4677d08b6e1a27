/** However `npm start` ends, it leaves no process. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Redis } from "ioredis";
import { connect } from "nats";
import { findMesh } from "../../bin/mesh-file.ts";
import { findProgram, programFolders } from "../../bin/start/program.ts";
import { findProcesses, type LecternProcess } from "../support/lectern-process.ts";
import { rejection } from "../support/rejection.ts";
import { READY, startLectern } from "../support/start-process.ts";

describe("npm start, stopped", () => {
  let dir: string;
  let lectern: LecternProcess;
  beforeEach(() => { dir = mkdtempSync(join(tmpdir(), "lectern-start-")); });
  afterEach(async () => {
    lectern.child.kill("SIGTERM");
    await lectern.exited;
    rmSync(dir, { recursive: true, force: true });
  });

  it("tells where the mesh is while it runs, and that its data is private", async () => {
    lectern = startLectern(dir);
    const [, nats, redis] = await lectern.waitFor(READY);
    const mesh = findMesh(dir);
    expect([mesh?.natsUrl, mesh?.redisUrl].map((url) => url?.replace(/:[\w-]{43}@/, ":password@"))).to.deep.equal([`nats://lectern:password@127.0.0.1:${nats}`, `redis://lectern:password@127.0.0.1:${redis}`]);
    expect(mesh).to.include({ store: `file:${dir}/store`, pid: lectern.child.pid });
    expect(mesh?.httpUrl).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    const secret = readFileSync(join(dir, "mesh.secret"), "utf8");
    expect(secret).to.equal(`${mesh?.meshSecret}\n`).and.match(/^[\w-]{43}\n$/);
    for (const file of ["mesh.json", "mesh.secret"]) expect(statSync(join(dir, file)).mode & 0o777, file).to.equal(0o600);
    expect(lectern.output()).to.include("a warning").and.not.include("information");
  });

  it("lets nobody else on this machine into its NATS and its Redis", async () => {
    lectern = startLectern(dir);
    const [, nats, redis] = await lectern.waitFor(READY);
    for (const file of ["nats.password", "nats.conf", "redis.password", "redis.conf"]) expect(statSync(join(dir, file)).mode & 0o777, file).to.equal(0o600);
    expect(lectern.output()).to.not.include(readFileSync(join(dir, "redis.password"), "utf8").trim());
    for (const options of [{}, { user: "lectern", pass: "guessed" }]) {
      expect(String(await rejection(connect({ servers: `127.0.0.1:${nats}`, reconnect: false, ...options }), "a stranger to NATS"))).to.include("Authorization Violation");
    }
    for (const user of ["", "lectern:guessed@"]) {
      const stranger = new Redis(`redis://${user}127.0.0.1:${redis}`, { retryStrategy: () => null, enableReadyCheck: false });
      stranger.on("error", () => undefined);
      const said = await rejection(stranger.get("lectern:catalog"), "a stranger to Redis");
      stranger.disconnect();
      expect(String(said), user).to.match(/NOAUTH|WRONGPASS/);
    }
    const own = new Redis(findMesh(dir)?.redisUrl ?? "");
    expect(await own.ping()).to.equal("PONG");
    own.disconnect();
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`on ${signal} stops all it started and exits 0`, async () => {
      lectern = startLectern(dir);
      await lectern.waitFor(READY);
      expect(findProcesses(dir)).to.have.length.greaterThan(4); // itself, NATS, Redis, the node, the node's guest
      lectern.child.kill(signal);
      expect(await lectern.exited).to.deep.equal({ code: 0, signal: null });
      expect(findProcesses(dir)).to.deep.equal([]);
      expect(existsSync(join(dir, "mesh.json"))).to.equal(false);
      expect(existsSync(join(dir, "lectern.pid"))).to.equal(false);
    });
  }

  it("on a second signal ends at once what does not end by itself", async () => {
    lectern = startLectern(dir);
    await lectern.waitFor(READY);
    const { pid } = JSON.parse(readFileSync(join(dir, "run/node.json"), "utf8")) as { pid: number };
    process.kill(pid, "SIGSTOP"); // it will not hear of SIGTERM
    lectern.child.kill("SIGINT");
    await lectern.waitFor(/Stopping/);
    lectern.child.kill("SIGINT");
    expect((await lectern.exited).code).to.equal(0);
    expect(findProcesses(dir)).to.deep.equal([]);
  });

  it("on SIGKILL takes all it started with it", async () => {
    lectern = startLectern(dir);
    await lectern.waitFor(READY);
    lectern.child.kill("SIGKILL");
    await lectern.exited; // `close`: its pipes are closed, which its children never had
    while (findProcesses(dir).length > 0) await new Promise((resolve) => setImmediate(resolve)); // the kernel's kill has no event
    expect(findMesh(dir)).to.equal(undefined);
  });

  it("ends what a killed start left where the kernel doesn't", async () => {
    const folders = programFolders(process.env["PATH"]);
    const withoutSetpriv = foldersWithout("setpriv", join(dir, "programs"), folders);
    lectern = startLectern(join(dir, "data"), {}, withoutSetpriv);
    await lectern.waitFor(READY);
    lectern.child.kill("SIGKILL");
    await lectern.exited;
    const left = findProcesses(dir);
    expect(left).to.have.length.greaterThan(2); // NATS, Redis, the node
    lectern = startLectern(join(dir, "data"), {}, withoutSetpriv);
    await lectern.waitFor(READY);
    expect(findProcesses(dir).filter((pid) => left.includes(pid))).to.deep.equal([]);
  });
});

/** A folder of links to what `npm start` needs, but for `name`. */
function foldersWithout(name: string, folder: string, folders: readonly string[]): string[] {
  mkdirSync(folder, { recursive: true });
  for (const program of ["ffmpeg", "ffprobe", "nats-server", "redis-server", "setpriv"].filter((one) => one !== name)) {
    symlinkSync(findProgram(program, folders) ?? "", join(folder, program));
  }
  return [folder];
}
