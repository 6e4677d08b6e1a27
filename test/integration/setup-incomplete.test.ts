/**
 * scripts/setup.sh on a machine that lacks something. It runs on a copy of its files, with a PATH that holds only what
 * the test put there; what it would call to install is a stand-in that leaves a line in `calls`.
 */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { findProgram, programFolders } from "../../bin/start/program.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const TOOLS = ["sh", "cat", "cksum", "uname", "dirname", "mkdir", "rm", "rmdir", "sleep", "sed", "grep", "tr", "paste", "tail", "mktemp", "id", "chmod"];
const SERVERS = ["nats-server", "redis-server", "ffmpeg", "ffprobe", "bwrap"];
/** What is wanted for the tests only. */
const TEST_PROGRAMS = ["radosgw", "ceph-mon", "ceph-osd", "ceph", "tinyproxy", "microsocks", "gst-launch-1.0", "chromium", "nginx", "jq", "systemd-analyze", "prometheus", "prometheus-alertmanager"];
const CLASSIFIER = "deploy/classifier";
/** npm's last argument. */
const FOLDER = "for folder; do :; done";
/** Does what npm does, as far as the set-up sees: the packages of the folder are there afterwards, in the project's the pinned Node. */
const NPM = `${FOLDER}; cd "$folder"; mkdir -p node_modules/.bin; cat > node_modules/.bin/node <<'END'\n#!/bin/sh\necho v24\nEND\nchmod 755 node_modules/.bin/node`;

describe("scripts/setup.sh", () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "lectern-setup-"));
    path = join(dir, "path");
    mkdirSync(path);
    cpSync(join(PROJECT, "scripts"), join(dir, "scripts"), { recursive: true });
    mkdirSync(join(dir, CLASSIFIER), { recursive: true });
    for (const folder of [".", CLASSIFIER]) writeFileSync(join(dir, folder, "package-lock.json"), '{"packages":{}}');
    for (const tool of TOOLS) symlinkSync(findProgram(tool, programFolders(process.env["PATH"])) ?? "", join(path, tool));
    for (const server of SERVERS) standIn(server, "");
    standIn("npm", NPM);
    symlinkSync(process.execPath, join(path, "node"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  function standIn(name: string, script: string): void {
    writeFileSync(join(path, name), `#!/bin/sh\necho ${name} "$@" >> "${dir}/calls"\n${script}\n`);
    chmodSync(join(path, name), 0o755);
  }
  const command = (...args: string[]): [string, string[], { env: NodeJS.ProcessEnv; encoding: "utf8" }] => [join(path, "sh"), [join(dir, "scripts/setup.sh"), ...args], { env: { PATH: path }, encoding: "utf8" }];
  const setUp = (...args: string[]): { status: number | null; stderr: string } => spawnSync(...command(...args));
  const calls = (): string[] => existsSync(join(dir, "calls")) ? readFileSync(join(dir, "calls"), "utf8").trim().split("\n") : [];
  /** That npm was told to install. */
  const folders = (): string[] => calls().flatMap((call) => /^npm .*--prefix (\S+)$/.exec(call)?.[1] ?? []);

  it("installs the packages when they are missing, and again only when the lock has changed", () => {
    expect(setUp().status).to.equal(0);
    expect(calls()).to.have.length(1);
    expect(calls()[0]).to.match(/^npm ci --include=dev /);
    expect(setUp()).to.include({ status: 0, stderr: "" });
    expect(calls()).to.have.length(1);
    writeFileSync(join(dir, "package-lock.json"), '{"packages":{"node_modules/x":{"version":"1.0.0"}}}');
    expect(setUp().status).to.equal(0);
    expect(calls()).to.have.length(2);
    expect(existsSync(join(dir, ".lectern/setup.lock"))).to.equal(false);
  });

  it("installs the classifier for the tests only, and again only when its lock has changed or its packages are gone", () => {
    for (const program of TEST_PROGRAMS) standIn(program, "");
    expect(setUp().status).to.equal(0);
    expect(folders()).to.deep.equal(["."]);
    expect(setUp("--tests").status).to.equal(0);
    expect(folders()).to.deep.equal([".", CLASSIFIER]);
    for (const args of [["--tests"], []]) expect(setUp(...args)).to.include({ status: 0, stderr: "" });
    expect(folders()).to.have.length(2);
    writeFileSync(join(dir, CLASSIFIER, "package-lock.json"), '{"packages":{"node_modules/x":{"version":"1.0.0"}}}');
    expect(setUp().status).to.equal(0);
    expect(folders()).to.have.length(2);
    expect(setUp("--tests").status).to.equal(0);
    rmSync(join(dir, CLASSIFIER, "node_modules"), { recursive: true });
    expect(setUp("--tests").status).to.equal(0);
    expect(folders()).to.deep.equal([".", CLASSIFIER, CLASSIFIER, CLASSIFIER]);
  });

  it("takes no classifier for installed whose installation failed", () => {
    for (const program of TEST_PROGRAMS) standIn(program, "");
    expect(setUp().status).to.equal(0);
    standIn("npm", 'echo "npm error network is down"; exit 1');
    for (const attempt of [1, 2]) {
      const { status, stderr } = setUp("--tests");
      expect(status, String(attempt)).to.equal(1);
      expect(stderr).to.match(/npm error network is down\nnpm could not install the packages of the classifier/);
    }
  });

  it("keeps packages that were installed by hand from this very lock", () => {
    const lock = { packages: { "": {}, "node_modules/x": { version: "1.0.0", integrity: "sha512-x" }, "node_modules/y": { version: "1.0.0", optional: true } } };
    writeFileSync(join(dir, "package-lock.json"), JSON.stringify(lock));
    mkdirSync(join(dir, "node_modules/.bin"), { recursive: true });
    symlinkSync(process.execPath, join(dir, "node_modules/.bin/node"));
    writeFileSync(join(dir, "node_modules/.package-lock.json"), JSON.stringify({ packages: { "node_modules/x": lock.packages["node_modules/x"] } }));
    expect(setUp()).to.include({ status: 0, stderr: "" });
    expect(calls()).to.deep.equal([]);
  });

  it("takes npm install where npm ci refuses the lock for another platform's package", () => {
    standIn("npm", `if [ "$1" = ci ]; then echo "npm error code EUSAGE"; exit 1; fi\n${NPM}`);
    expect(setUp().status).to.equal(0);
    expect(calls().map((call) => call.split(" ").slice(0, 3).join(" "))).to.deep.equal(["npm ci --include=dev", "npm install --no-save"]);
  });

  it("shows npm's last words when it fails", () => {
    standIn("npm", 'echo "npm error network is down"; exit 1');
    const { status, stderr } = setUp();
    expect(status).to.equal(1);
    expect(stderr).to.match(/npm error network is down\nnpm could not install the packages/);
  });

  it("says so when npm did not run the pinned Node's install script", () => {
    standIn("npm", "mkdir -p node_modules/node");
    const { status, stderr } = setUp();
    expect(status).to.equal(1);
    expect(stderr).to.include('The pinned Node (npm package "node") did not install its program.').and.include("npm config set ignore-scripts false");
  });

  it("installs once when two start together", async () => {
    for (const program of TEST_PROGRAMS) standIn(program, "");
    const gate = join(dir, "gate");
    spawnSync("mkfifo", [gate]);
    standIn("npm", `${FOLDER}; [ "$folder" != . ] || cat "${gate}" >/dev/null\n${NPM}`); // npm takes as long as the test wants
    const run = (): { said: Promise<void>; exited: Promise<number | null> } => {
      const [program, args, { env }] = command("--tests");
      const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "pipe"] });
      return {
        said: new Promise((resolve) => child.stderr.on("data", (text: Buffer) => { if (text.includes("Another set-up is under way")) resolve(); })),
        exited: new Promise((resolve) => child.once("close", (code) => resolve(code))),
      };
    };
    const both = [run(), run()];
    await Promise.race(both.map(({ said }) => said));
    writeFileSync(gate, "go");
    expect(await Promise.all(both.map(({ exited }) => exited))).to.deep.equal([0, 0]);
    expect(folders()).to.deep.equal([".", CLASSIFIER]);
  });

  it("is not held up by a set-up that died", () => {
    mkdirSync(join(dir, ".lectern/setup.lock"), { recursive: true });
    writeFileSync(join(dir, ".lectern/setup.lock/pid"), "999999999");
    expect(setUp().status).to.equal(0);
  });

  it("says what to install where it is no Debian", () => {
    rmSync(join(path, "ffmpeg"));
    const { status, stderr } = setUp();
    expect(status).to.equal(1);
    expect(stderr).to.include("Lectern needs programs that are missing here: ffmpeg.\nThis is no Debian");
    for (const line of ["apt-get install --no-install-recommends ffmpeg", "dnf install ffmpeg-free", "brew install ffmpeg", "docker compose up"]) expect(stderr).to.include(line);
  });

  it("says what to install where it may not", function () {
    if (!existsSync("/etc/debian_version")) this.skip();
    rmSync(join(path, "ffmpeg"));
    rmSync(join(path, "id"));
    standIn("id", "echo 1000");
    standIn("apt-get", "");
    const { status, stderr } = setUp();
    expect(status).to.equal(1);
    expect(stderr).to.include("The set-up may not (it isn't root).");
    expect(calls().some((call) => call.startsWith("apt-get"))).to.equal(false);
  });

  it("wants the sandbox's program, unless the settings do without", () => {
    rmSync(join(path, "bwrap"));
    expect(setUp().stderr).to.include("missing here: bubblewrap.\n");
    const [program, args] = command();
    expect(spawnSync(program, args, { env: { PATH: path, LECTERN_SANDBOX: "limits" } }).status).to.equal(0);
  });

  it("asks for no program that a setting stands for, but for the tests", () => {
    rmSync(join(path, "ffmpeg"));
    rmSync(join(path, "ffprobe"));
    const [program, args] = command();
    const env = { PATH: path, LECTERN_FFMPEG: "/opt/ffmpeg", LECTERN_FFPROBE: "/opt/ffprobe" };
    expect(spawnSync(program, args, { env }).status).to.equal(0);
    const { status, stderr } = setUp("--tests");
    expect(status).to.equal(1);
    expect(stderr).to.match(/missing here: ffmpeg.* chromium/);
  });

  it("refuses arguments it doesn't know", () => {
    expect(setUp("--test")).to.include({ status: 2, stderr: "usage: sh scripts/setup.sh [--tests]\n" });
  });
});
