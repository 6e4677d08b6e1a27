/**
 * What FFmpeg may not do when a video has taken it over, or has made it run wild. Each attack is a run that a video could
 * bring about only through a hole; where there is a sandbox, the same run without it shows that the attack is one.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, readFileSync } from "node:fs";
import { stat, readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { GUEST_LIMITS } from "../../media/ffmpeg/sandbox.ts";
import { GUEST_OPTIONS } from "../../media/ffmpeg/guest.ts";
import { runFfmpeg, warmFfmpeg, type FfmpegOutcome, type FfmpegRun } from "../../mixins/ffmpeg.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { findFfmpeg, findLiving, readScheduling } from "../support/ffmpeg-processes.ts";
import { openTestGuest } from "../support/guest.ts";
import { findProcesses } from "../support/lectern-process.ts";
import { startProcess } from "../support/processes.ts";

const SECRET = "a secret of this node";
const ENDLESS = ["-filter_complex", "testsrc2=size=640x360[v]", "-map", "[v]"];

/** Missing, it fails here; where the kernel or a container forbids it namespaces, the node does without, and so do the tests. */
execFileSync("bwrap", ["--version"]);
const WITHOUT = await openTestGuest({ sandbox: "bwrap" }).then(() => undefined, (error: Error) => error.message);
if (WITHOUT !== undefined) console.log(`No sandbox is tested, only limits: ${WITHOUT}`);

/** Not one that says at the start which formats it knows. */
function isEndless(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("testsrc2");
  } catch {
    return false; // it has ended
  }
}

describe("FFmpeg that turns against its node", function () {
  this.timeout(60_000);
  let folder: Folder;
  let video: Buffer;
  let origin: Server;
  let requests: string[];

  before(async () => {
    folder = await openFolder();
    await run("ffmpeg", ["-f", "lavfi", "-i", "color=size=16x16:duration=0.2", "-c:v", "mpeg4", "-y", folder.path("video.mkv")]);
    video = await readFile(folder.path("video.mkv"));
    await folder.write("secret", Buffer.from(SECRET));
    origin = createServer((request, response) => {
      requests.push(request.url ?? "");
      response.end(request.url === "/video" ? video : SECRET);
    }).listen(0, "127.0.0.1");
    await once(origin, "listening");
    process.env["SECRET_OF_THE_NODE"] = SECRET;
  });
  beforeEach(() => { requests = []; });
  after(async () => {
    delete process.env["SECRET_OF_THE_NODE"];
    origin?.close();
    origin?.closeAllConnections();
    await folder?.remove();
  });

  const originUrl = (path: string): string => `http://127.0.0.1:${(origin.address() as AddressInfo).port}/${path}`;

  /** A run that reads the video from standard input; `more` are the options after it. */
  async function runVideo(more: readonly string[], changes: Partial<FfmpegRun> = {}, input = "pipe:0"): Promise<{ outcome: FfmpegOutcome; output: Buffer }> {
    const chunks: Buffer[] = [];
    const outcome = await runFfmpeg({
      arguments: { input, inputOptions: [...GUEST_OPTIONS], outputOptions: [...more] },
      ...(input === "pipe:0" ? { stdin: Readable.from([video], { objectMode: false }) } : {}),
      niceness: 0, signal: new AbortController().signal, onData: (chunk) => { chunks.push(chunk); }, ...changes,
    });
    return { outcome, output: Buffer.concat(chunks) };
  }
  /** Opens `url` as a second input and writes it out as it is. */
  const steal = (url: string, input?: string) => runVideo(["-f", "data", "-i", url, "-map", "1", "-c", "copy", "-f", "data"], {}, input);
  const messageOf = (outcome: FfmpegOutcome): string => (outcome.outcome === "failed" ? outcome.message : outcome.outcome);

  if (WITHOUT === undefined) describe("finds in its sandbox", () => {
    const attacks = (): [string, string][] => [
      [folder.path("secret"), "a file"], [`subfile,,start,0,end,${SECRET.length},,:${folder.path("secret")}`, "a file by a protocol of FFmpeg's"],
      ["/proc/self/environ", "the node's environment, in its own"], [originUrl(""), "a server on the loopback"],
    ];
    it("nothing of what it finds without", async () => {
      await warmFfmpeg(await openTestGuest({ sandbox: "limits" }));
      for (const [url, what] of attacks()) {
        const { output } = await steal(url);
        expect(output.includes(SECRET), what).to.equal(what !== "the node's environment, in its own");
      }
      expect(requests).to.deep.equal(["/"]);
      await warmFfmpeg(await openTestGuest({ sandbox: "bwrap" }));
      for (const [url, what] of attacks()) {
        const { output } = await steal(url);
        expect(output.includes(SECRET), what).to.equal(false);
      }
      expect(requests).to.deep.equal(["/"]);
      expect(messageOf((await steal("/etc/passwd")).outcome)).to.include("/etc/passwd: No such file or directory");
      expect(messageOf((await steal(`/proc/${process.pid}/environ`)).outcome)).to.include("No such file or directory");
    });

    it("the node's door, when it reads through that", async () => {
      await warmFfmpeg(await openTestGuest({ sandbox: "bwrap" }));
      const { outcome, output } = await runVideo(["-map", "0", "-c", "copy", "-f", "matroska"], {}, originUrl("video"));
      expect(outcome).to.include({ outcome: "done" });
      expect(output.length).to.be.above(100);
      expect((await steal("/etc/passwd", originUrl("video"))).output.length).to.equal(0);
    });

    it("the file that it reads, and no other in its folder", async () => {
      await warmFfmpeg(await openTestGuest({ sandbox: "bwrap" }));
      const file = `file:${await folder.write("the video.mkv", video)}`;
      const { outcome, output } = await runVideo(["-map", "0", "-c", "copy", "-f", "matroska"], {}, file);
      expect(outcome).to.include({ outcome: "done" });
      expect(output.length).to.be.above(100);
      expect(messageOf((await steal(folder.path("secret"), file)).outcome)).to.include("No such file or directory");
      expect((await steal(originUrl(""), file)).output.length).to.equal(0);
      expect(requests).to.deep.equal([]);
    });
  });

  for (const sandbox of WITHOUT === undefined ? (["bwrap", "limits"] as const) : (["limits"] as const)) {
    describe(`with ${sandbox}`, () => {
      before(async () => { await warmFfmpeg(await openTestGuest({ sandbox })); });
      afterEach(async () => { await eventually(() => findFfmpeg().length === 0); });

      it("ends, and what it has started, when its run is aborted", async () => {
        const stop = new AbortController();
        const running = runVideo([...ENDLESS, "-f", "null"], { signal: stop.signal });
        const started = await eventually(() => { const found = findFfmpeg(); return found.length > 0 && found; });
        stop.abort();
        expect((await running).outcome).to.deep.equal({ outcome: "aborted" });
        await eventually(() => findLiving(started).length === 0);
      });

      it("is stopped when it makes no progress", async () => {
        const silent = new Readable({ read: () => undefined });
        expect((await runVideo(["-map", "0", "-f", "null"], { stdin: silent, stallMs: 300 })).outcome).to.deep.equal({ outcome: "stalled" });
      });

      it("is stopped when it writes without end", async () => {
        const { outcome, output } = await runVideo([...ENDLESS, "-c:v", "rawvideo", "-f", "rawvideo"], { maxOutputBytes: 1_000_000 });
        expect(outcome).to.deep.equal({ outcome: "failed", message: "it wrote more than 1000000 bytes" });
        expect(output.length).to.be.at.most(1_000_000);
      });

      it("gets no more memory than it may have", async () => {
        const limits = { ...GUEST_LIMITS, addressSpaceMiB: 1_024 };
        const { outcome } = await runVideo(["-filter_complex", "nullsrc=size=4096x4096,reverse[v]", "-map", "[v]", "-f", "null"], { guest: { limits } });
        expect(outcome.outcome).to.be.oneOf(["done", "failed"]); // to 5.1, a filter without memory is the end of its input; else this had no end
      });

      it("gets no more time of the processor than it may have", async () => {
        const { outcome } = await runVideo([...ENDLESS, "-f", "null"], { guest: { limits: { ...GUEST_LIMITS, cpuSec: 1 } } });
        expect(outcome.outcome).to.equal("failed");
      });

      it("writes no files", async () => {
        const path = folder.path(`written-${sandbox}`);
        const { outcome } = await runVideo(["-map", "0", "-c", "copy", "-f", "matroska", path, "-map", "0", "-c", "copy", "-f", "matroska"]);
        expect(outcome.outcome).to.equal("failed");
        expect(existsSync(path) && (await stat(path)).size > 0).to.equal(false);
      });

      it("is niced beside its node: in the session of one that has no terminal", async () => {
        const node = await startProcess("setsid", ["--wait", process.execPath, fileURLToPath(new URL("../support/endless-run.ts", import.meta.url)), sandbox, folder.path("video.mkv")]);
        const [ffmpeg = 0] = await eventually(() => { const found = findFfmpeg(node.pid).filter(isEndless); return found.length > 0 && found; });
        const [ours, its] = [readScheduling(node.pid), readScheduling(ffmpeg)];
        await node.kill();
        await eventually(() => findLiving([ffmpeg]).length === 0);
        expect(its).to.deep.equal({ session: ours.session, niceness: 15 });
        expect(ours.session).to.not.equal(readScheduling(process.pid).session);
      });

      it("dies with its node, however that dies", async () => {
        const node = await startProcess(process.execPath, [fileURLToPath(new URL("../support/endless-run.ts", import.meta.url)), sandbox, folder.path("video.mkv")]);
        const started = await eventually(() => { const found = findFfmpeg(node.pid).filter(isEndless); return found.length > 0 && found; });
        await node.kill();
        await eventually(() => findLiving(started).length === 0);
      });

      it("dies with its node also while it starts", async () => {
        const node = await startProcess(process.execPath, [fileURLToPath(new URL("../support/endless-run.ts", import.meta.url)), sandbox, folder.path("video.mkv"), "24"]);
        await node.said(/started/, 30_000);
        const mark = /mark (\S+)/.exec(node.output())?.[1] ?? "";
        expect(findProcesses(mark)).to.not.have.length(0);
        await node.kill();
        await eventually(() => findProcesses(mark).length === 0);
      });
    });
  }

  it("gets a start only in a sandbox, where one is demanded", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = folder.path("nothing");
    try {
      const { error } = await openTestGuest({ sandbox: "bwrap", inputLimits: { maxPixels: 1, maxStreams: 1 } }).then(() => ({ error: "" }), (fault: Error) => ({ error: fault.message }));
      expect(error).to.match(/^LECTERN_SANDBOX is bwrap, and FFmpeg does not start in bubblewrap here: bwrap: .*/);
    } finally {
      process.env["PATH"] = path;
    }
  });
});
