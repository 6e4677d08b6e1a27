/** Everything, or the node alone, dies with SIGKILL in the middle of its work. What was accepted is finished. */
import { expect } from "chai";
import { api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { findFfmpeg, findLiving } from "../support/ffmpeg-processes.ts";
import { makeAvi, makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { expectExact } from "../support/viewer.ts";

const SECONDS = 8;

describe("accepted videos, when what works on them is killed", function () {
  this.timeout(90_000);
  let folder: Folder;
  let dataDir: string;
  let mesh: Mesh;

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("a.mp4"), { seconds: SECONDS, size: "640x360" });
    await makeLecture(folder.path("b.mp4"), { seconds: SECONDS, size: "480x360" });
    await makeAvi(folder.path("c.avi"), { seconds: SECONDS, size: "480x360" });
    dataDir = await makeTempDir("killed");
    mesh = await startMesh({ dataDir, settings: { LECTERN_SLOTS: "1" } });
  });
  after(async () => {
    await mesh?.stop();
    await removeDir(dataDir);
    await folder?.remove();
  });

  /** Posts every file, and waits until some of it is made and much is not. */
  async function postAll(policy: string): Promise<string[]> {
    const lectern = api(mesh.httpUrl);
    const ids: string[] = [];
    for (const name of ["a.mp4", "b.mp4", "c.avi"]) {
      const { uploadId } = await lectern.upload(folder.path(name));
      ids.push((await lectern.post({ uploadId, policy })).id);
    }
    await eventually(async () => {
      const { progress, status } = await lectern.get(ids[0] ?? "");
      expect(status).to.not.equal("complete");
      return (progress?.storedSegments ?? 0) > 0 && findFfmpeg(mesh.nodePid()).length > 0;
    });
    return ids;
  }
  async function expectComplete(ids: readonly string[]): Promise<void> {
    const lectern = api(mesh.httpUrl);
    const readyAt = performance.now();
    for (const id of ids) await lectern.until(id, "complete");
    console.log(`      complete ${((performance.now() - readyAt) / 1000).toFixed(1)} s after the mesh was ready again`);
    for (const id of ids) await expectExact(mesh.httpUrl, lectern, id, SECONDS * 25);
  }

  it("all of them complete when everything is started again", async () => {
    const ids = await postAll("eager");
    await mesh.kill();
    mesh = await startMesh({ dataDir, settings: { LECTERN_SLOTS: "1" } });
    await expectComplete(ids);
  });

  it("all of them complete when the supervisor starts the node again", async () => {
    const ids = await postAll("hybrid");
    const pid = mesh.nodePid();
    const encoders = findFfmpeg(pid);
    process.kill(pid, "SIGKILL");
    await eventually(() => mesh.output().includes("The node runs again."));
    expect(mesh.nodePid()).to.not.equal(pid);
    expect(findLiving(encoders)).to.deep.equal([]);
    await expectComplete(ids);
  });
});
