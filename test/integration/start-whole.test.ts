/** The commands together, as someone types them: start, add, a second node that leaves, stop. */
import { execFileSync, spawn } from "node:child_process";
import { on, once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { findProcesses, openLectern, type LecternProcess } from "../support/lectern-process.ts";
import { bareEnvironment, READY } from "../support/start-process.ts";

const BIN = fileURLToPath(new URL("../../bin", import.meta.url));

describe("npm start, add and node", function () {
  this.timeout(120_000);
  let dir: string;
  let start: LecternProcess;
  const run = (name: string, args: readonly string[] = [], settings: Record<string, string> = {}): LecternProcess => (
    openLectern([join(BIN, name), ...args], { ...bareEnvironment(), INIT_CWD: dir, LECTERN_DATA: join(dir, "data"), ...settings })
  );

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "lectern-whole-"));
    execFileSync("ffmpeg", [
      "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4", "-f", "lavfi", "-i", "sine=d=4",
      "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac", join(dir, "talk.mp4"),
    ]);
    start = run("start.ts", [], { LECTERN_HTTP_PORT: "0" });
    await start.waitFor(READY);
  });
  after(async () => {
    start.child.kill("SIGTERM");
    await start.exited;
    rmSync(dir, { recursive: true, force: true });
  });

  it("uploads a file from where the command was typed, plays it and waits for its end", async () => {
    const add = run("add.ts", ["talk.mp4", "--wait", "--policy", "eager"]);
    expect((await add.exited).code).to.equal(0);
    expect(add.output()).to.match(/Video \w+ is accepted\.\nFirst picture and sound after \d+ ms \(\d+ kB\)\./)
      .and.match(/watch {5}http:\/\/127\.0\.0\.1:\d+\/watch\/\w+\n {2}playback {2}http.*\/master\.m3u8/)
      .and.match(/Complete: all that its policy makes is stored\.\n$/);
  });

  it("tells why a file is no video, and exits 1", async () => {
    writeFileSync(join(dir, "notes.txt"), "no video at all\n".repeat(100));
    const add = run("add.ts", ["notes.txt"]);
    expect((await add.exited).code).to.equal(1);
    expect(add.output()).to.match(/\(video_rejected\)\n {2}\S.+\n$/);
  });

  it("tells a refusal's detail and code, and exits 1", async () => {
    const add = run("add.ts", ["http://127.0.0.1:1/secret"]);
    expect((await add.exited).code).to.equal(1);
    expect(add.output()).to.match(/^\S.*\(source_refused\)\n$/);
  });

  it("says in one sentence that no server is there", async () => {
    const add = run("add.ts", ["talk.mp4", "--server", "http://127.0.0.1:1"]);
    expect((await add.exited).code).to.equal(1);
    expect(add.output()).to.match(/No Lectern answers at http:\/\/127\.0\.0\.1:1: run `npm start` first, or say with --server where it is\.\n$/);
  });

  it("lets an operator join by the REPL, see the mesh and call it", async () => {
    const env = { ...bareEnvironment(), INIT_CWD: dir, HOME: dir, LECTERN_DATA: join(dir, "data") };
    const repl = spawn(process.execPath, [join(BIN, "repl.ts")], { env, stdio: ["pipe", "pipe", "inherit"] });
    let output = "";
    const shown = async (pattern: RegExp): Promise<void> => {
      for await (const [chunk] of on(repl.stdout, "data", { close: ["end"] })) {
        output += String(chunk);
        if (pattern.test(output)) return;
      }
      throw new Error(`the REPL ended before ${pattern} came:\n${output}`);
    };
    await shown(/lectern\$/);
    repl.stdin.write("nodes\n");
    await shown(/node +region +state[\s\S]*local/);
    repl.stdin.write("call videos.list\n");
    await shown(/talk\.mp4/);
    repl.stdin.write("quit\n");
    const [code] = await once(repl, "exit");
    expect(code).to.equal(0);
  });

  it("lets a node join and leave without settings", async () => {
    const node = run("node.ts", ["--region", "eu", "--services", "transcoder", "--node-id", "guest"]);
    await node.waitFor(/started successfully/);
    node.child.kill("SIGINT");
    expect(await node.exited).to.deep.equal({ code: 0, signal: null });
    expect(node.output()).to.include("ServiceBroker is stopped");
  });

  it("tells a node's faulty flags and settings apart", async () => {
    const flags = run("node.ts", ["--servces", "x"]);
    expect((await flags.exited).code).to.equal(2);
    expect(flags.output()).to.include("npm run node -- [--region eu]");
    const settings = run("node.ts", ["--services", "transcoda"]);
    expect((await settings.exited).code).to.equal(1);
    expect(settings.output()).to.match(/^LECTERN_SERVICES names no service "transcoda"/);
  });

  it("stops with nothing left", async () => {
    start.child.kill("SIGINT");
    expect(await start.exited).to.deep.equal({ code: 0, signal: null });
    await eventually(() => findProcesses(dir).length === 0); // what was killed may take a moment to be gone
  });
});
