/** A viewer asks for a segment that nobody has made, and goes elsewhere before it is there. */
import { readFileSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { findFfmpeg } from "../support/ffmpeg-processes.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { countMade } from "../support/segment-metrics.ts";
import { segmentCount } from "../support/viewer.ts";

/** By then the mesh has long heard of somebody's leaving. */
const HEARD_MS = 500;

/** FFmpeg that stops itself before it encodes, as long as the file is there: a viewer can leave before the first byte, however fast it is. */
const standIn = (hold: string): string => `#!/bin/sh
case "$*" in *libx264*) if [ -e "${hold}" ]; then kill -STOP $$; fi ;; esac
exec ffmpeg "$@"
`;

/** Others check what was made before. */
function isHeldEncode(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("libx264") && /\) T /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false; // it has ended
  }
}

describe("a viewer who jumps", function () {
  this.timeout(60_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;
  let id: string;
  let last: number;

  const made = async (): Promise<number> => countMade(await lectern.metrics(), "encode");

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 60, size: "1280x720" });
    const program = await folder.write("ffmpeg", Buffer.from(standIn(folder.path("hold"))));
    await chmod(program, 0o755);
    mesh = await startMesh({ settings: { LECTERN_SLOTS: "1", LECTERN_FFMPEG: program, LECTERN_SANDBOX: "limits" } });
    lectern = api(mesh.httpUrl);
    const { uploadId } = await lectern.upload(folder.path("lecture.mp4"));
    ({ id } = await lectern.post({ uploadId, policy: "lazy" }));
    last = (await segmentCount(lectern, id, "360p")) - 1; // nothing is read ahead of the last one
    await (await lectern.segment(id, "360p", "init")).arrayBuffer();
    await eventually(async () => findFfmpeg(mesh.nodePid()).length === 0 && (await made()) === 1); // the first one, with the init segment
  });
  after(async () => {
    await mesh?.stop();
    await folder?.remove();
  });

  /** Asks for a file of a rendition, whose FFmpeg stands still until it gets SIGCONT. */
  async function ask(file: string): Promise<{ pid: number; leave(): Promise<void>; answer: Promise<Response> }> {
    await folder.write("hold", Buffer.alloc(0));
    const leaving = new AbortController();
    const answer = fetch(`${mesh.httpUrl}/play/${id}/${file}`, { signal: leaving.signal });
    answer.catch(() => undefined); // it may have left
    const pid = await eventually(() => findFfmpeg(mesh.nodePid()).find(isHeldEncode));
    await rm(folder.path("hold"));
    return {
      pid, answer,
      async leave() {
        leaving.abort();
        await answer.catch(() => undefined);
      },
    };
  }
  const isRunning = (pid: number): boolean => findFfmpeg(mesh.nodePid()).includes(pid);

  it("costs no encode of what they left, and gives its only slot to what they went for", async () => {
    const before = await made();
    const { pid, leave } = await ask("360p/3.m4s");
    await leave();
    await eventually(() => !isRunning(pid));
    const answer = await lectern.segment(id, "360p", last);
    expect(answer.status).to.equal(200);
    expect((await answer.arrayBuffer()).byteLength).to.be.above(500);
    expect((await made()) - before).to.equal(1);
    const back = await lectern.segment(id, "360p", 3);
    expect([back.status, back.headers.get("server-timing")?.includes("made")]).to.deep.equal([200, true]);
    await back.arrayBuffer();
  });

  it("takes nothing from another who waits for the same", async () => {
    const { pid, leave, answer } = await ask("360p/7.m4s");
    const other = lectern.segment(id, "360p", 7);
    await (await ask("360p/7.m4s")).leave(); // by now the mesh has heard of the other one, who came before
    await leave();
    process.kill(pid, "SIGCONT");
    expect((await (await other).arrayBuffer()).byteLength).to.be.above(500);
    expect(await answer.catch(() => "left")).to.equal("left");
  });

  it("leaves the init segment to be made, without which nothing plays", async () => {
    await makeLecture(folder.path("wide.mp4"), { seconds: 4, size: "1920x1080" });
    const { uploadId } = await lectern.upload(folder.path("wide.mp4"));
    ({ id } = await lectern.post({ uploadId, policy: "lazy" }));
    expect((await lectern.segment(id, "360p", 0)).status).to.equal(200); // which is made before anyone asks
    await eventually(() => findFfmpeg(mesh.nodePid()).length === 0);
    const { pid, leave } = await ask("720p/init.mp4");
    await leave();
    await wait(HEARD_MS);
    expect(isRunning(pid)).to.equal(true);
    process.kill(pid, "SIGCONT");
    expect((await lectern.segment(id, "720p", "init")).status).to.equal(200);
  });
});
