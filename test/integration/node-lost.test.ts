/** One of several nodes dies, freezes, or has no memory left, while it works for viewers and for the queue. */
import { expect } from "chai";
import { SERVICES } from "../../config/services.ts";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { findFfmpeg } from "../support/ffmpeg-processes.ts";
import { findProcesses, type LecternProcess } from "../support/lectern-process.ts";
import { makeAvi } from "../support/lectures.ts";
import { openMemoryGroup } from "../support/memory-group.ts";
import { joinMesh, leaveMesh, startMesh, type Mesh } from "../support/mesh.ts";
import { expectExact, videoRenditions } from "../support/viewer.ts";

const SECONDS = 8;

describe("a node of several that is lost", function () {
  this.timeout(300_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;
  let well: LecternProcess;
  before(async () => {
    folder = await openFolder();
    mesh = await startMesh({ settings: { LECTERN_SERVICES: SERVICES.filter((name) => name !== "transcoder").join(",") } });
    lectern = api(mesh.httpUrl);
    well = await join("well");
  });
  after(async () => {
    if (well !== undefined) await leaveMesh(well);
    await mesh?.stop();
    await folder?.remove();
  });

  const join = (id: string): Promise<LecternProcess> => joinMesh(mesh, ["--services", "transcoder", "--node-id", id, "--slots", "1"]);
  /** The node itself, without what started it and what it started. */
  const pidOf = (id: string): number => {
    const [pid] = findProcesses(`LECTERN_NODE_ID=${id}`).filter((one) => findProcesses("bin/broker.ts").includes(one));
    if (pid === undefined) throw new Error(`no process is the node ${id}`);
    return pid;
  };

  /** `code`: how it ends, which shows that it was lost; a frozen one leaves in good order once it is thawed. */
  const losses: { what: string; code: number; lose(pid: number): () => void }[] = [
    { what: "killed", code: 137, lose: (pid) => { process.kill(pid, "SIGKILL"); return () => undefined; } },
    { what: "frozen", code: 0, lose: (pid) => { process.kill(pid, "SIGSTOP"); return () => process.kill(pid, "SIGCONT"); } },
    { what: "killed for its memory", code: 137, lose: starve },
  ];
  for (const [index, { what, code, lose }] of losses.entries()) {
    it(`because it is ${what}: viewers are served by the other, and what it had is made there`, async () => {
      const name = `lost-${index}`;
      const lost = await join(name);
      const { uploadId } = await lectern.upload(await makeAvi(folder.path(`${name}.avi`), { seconds: SECONDS, size: `${480 + 16 * index}x360` }));
      const { id } = await lectern.post({ uploadId, policy: "eager" });
      const [rendition = ""] = await videoRenditions(lectern, id);
      await eventually(() => findFfmpeg(pidOf(name)).length > 0);
      const asked = [0, 1, 2].map((segment) => lectern.segment(id, rendition, segment));
      const recover = lose(pidOf(name));
      const lostAt = performance.now();
      try {
        const answers = await Promise.all(asked);
        expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
        await Promise.all(answers.map((answer) => answer.arrayBuffer()));
        console.log(`      viewers had their segments ${((performance.now() - lostAt) / 1000).toFixed(1)} s after the loss`);
        await lectern.until(id, "complete");
        console.log(`      the video was complete ${((performance.now() - lostAt) / 1000).toFixed(1)} s after the loss`);
        await expectExact(mesh.httpUrl, lectern, id, SECONDS * 25);
      } finally {
        recover();
      }
      lost.child.kill("SIGTERM");
      expect((await lost.exited).code).to.equal(code);
    });
  }
});

/** Lets the kernel kill it for the next few megabytes that it takes. */
function starve(pid: number): () => void {
  const group = openMemoryGroup(`lectern-test-${pid}`, 4_000_000);
  group.take(pid);
  return () => group.remove();
}
