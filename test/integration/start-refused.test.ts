/** What keeps `npm start` from starting is said in one sentence, and nothing is left running. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { findProgram, programFolders } from "../../bin/start/program.ts";
import { findProcesses, openLectern } from "../support/lectern-process.ts";
import { bareEnvironment, READY, startLectern } from "../support/start-process.ts";

const START = fileURLToPath(new URL("../../bin/start.ts", import.meta.url));

describe("npm start, refused", () => {
  let dir: string;
  beforeEach(() => { dir = mkdtempSync(join(tmpdir(), "lectern-start-")); });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** Runs it to its end and checks that it was short and clean. */
  async function refusal(settings: Record<string, string> = {}, folders?: readonly string[]): Promise<string> {
    const lectern = startLectern(settings["LECTERN_DATA"] ?? dir, settings, folders);
    const { code } = await lectern.exited;
    expect(code).to.equal(1);
    expect(findProcesses(dir)).to.deep.equal([]);
    return lectern.output().trim();
  }

  it("names the port that is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    expect(await refusal({ LECTERN_HTTP_PORT: String(port) })).to.equal(
      `Port ${port} of 127.0.0.1 is taken by another program: stop that one, or choose another port with LECTERN_HTTP_PORT.`,
    );
    other.close();
  });

  it("names the program that is missing", async () => {
    const programs = join(dir, "programs");
    mkdirSync(programs);
    for (const name of ["ffmpeg", "ffprobe", "redis-server"]) symlinkSync(findProgram(name, programFolders(process.env["PATH"])) ?? "", join(programs, name));
    expect(await refusal({}, [programs])).to.match(/^The program nats-server is missing: run `npm start`.*LECTERN_NATS_URL\.$/);
  });

  it("says that the disk is full", async function () {
    if (process.getuid?.() !== 0) this.skip(); // only root may mount
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", dir]);
    try {
      expect(await refusal()).to.match(/^The disk of the data directory \S+ is full: \d\.\d MiB are free, Lectern needs 64 MiB\. LECTERN_DATA names another directory\.$/);
      expect(() => writeFileSync(join(dir, "filler"), Buffer.alloc(4 * 1024 * 1024))).to.throw(/ENOSPC/);
      expect(await refusal()).to.match(/^The data directory \S+ can't be used: the disk is full\. LECTERN_DATA names another\.$/);
    } finally {
      execFileSync("umount", [dir]);
    }
  });

  it("says that the data directory is a file", async () => {
    const file = join(dir, "file");
    writeFileSync(file, "");
    expect(await refusal({ LECTERN_DATA: file })).to.equal(`The data directory ${file} can't be used: a part of the path is a file. LECTERN_DATA names another.`);
  });

  it("tells every fault of the settings, one a line", async () => {
    const lines = (await refusal({ LECTERN_SLOTS: "0", LECTERN_REGIONN: "eu" })).split("\n");
    expect(lines).to.deep.equal([
      "LECTERN_REGIONN is not a setting (did you mean LECTERN_REGION?).",
      'LECTERN_SLOTS must be a whole number from 1 to 256, not "0".',
    ]);
  });

  it("tells every fault of the source policy, in one sentence", async function () {
    this.timeout(30_000); // the servers have started by then
    const policy = join(dir, "policy.yaml");
    writeFileSync(policy, "domain: {}\nhosts: [{ match: [a.test], robots: maybe }]");
    const lectern = openLectern([START], { ...bareEnvironment(), LECTERN_DATA: dir, LECTERN_HTTP_PORT: "0", LECTERN_SOURCE_POLICY: policy });
    expect((await lectern.exited).code).to.equal(1);
    expect(lectern.output().trim().split("\n").at(-1)).to.match(/^The node did not start: LECTERN_SOURCE_POLICY: \S+policy\.yaml: the policy must NOT have additional properties \("domain"\); \/hosts\/0\/robots must be equal to one of the allowed values \(obey,ignore\) \(log: \S+\)$/);
  });

  it("leaves the data of a Lectern that runs alone", async () => {
    const first = startLectern(dir);
    await first.waitFor(READY);
    const second = startLectern(dir);
    expect((await second.exited).code).to.equal(1);
    expect(second.output()).to.match(new RegExp(`^Lectern already runs with the data directory ${dir} \\(process ${first.child.pid}\\)`));
    first.child.kill("SIGINT");
    expect((await first.exited).code).to.equal(0);
  });

  it("starts on data whose last user was killed before it could say goodbye", async () => {
    writeFileSync(join(dir, "lectern.pid"), JSON.stringify({ pid: 1, startedAt: -1 }));
    const lectern = startLectern(dir);
    await lectern.waitFor(READY);
    lectern.child.kill("SIGINT");
    expect((await lectern.exited).code).to.equal(0);
  });
});
