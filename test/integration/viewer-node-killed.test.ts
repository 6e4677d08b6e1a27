/** The node that encodes what a viewer waits for dies with SIGKILL, before the first byte. The viewer has it from another. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { findFfmpeg } from "../support/ffmpeg-processes.ts";
import { makeLecture } from "../support/lectures.ts";
import { findProcesses, type LecternProcess } from "../support/lectern-process.ts";
import { joinMesh, leaveMesh, startMesh, type Mesh } from "../support/mesh.ts";
import { videoRenditions, segmentCount } from "../support/viewer.ts";

const NODES = ["one", "two"];

describe("a viewer whose segment is being made on a node that is killed", function () {
  this.timeout(120_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;
  const nodes = new Map<string, LecternProcess>();

  /** Nearly all videos have their place on the nodes that join. */
  before(async () => {
    folder = await openFolder();
    mesh = await startMesh({ settings: { LECTERN_SLOTS: "1" } });
    lectern = api(mesh.httpUrl);
    for (const name of NODES) nodes.set(name, await joinMesh(mesh, ["--services", "transcoder,cache", "--node-id", name, "--slots", "32"]));
  });
  after(async () => {
    await Promise.all([...nodes.values()].map(leaveMesh));
    await mesh?.stop();
    await folder?.remove();
  });

  const runnerOf = (name: string): number | undefined =>
    findProcesses(`LECTERN_NODE_ID=${name}`).find((pid) => readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("moleculer-runner"));

  it("gets it from another node", async () => {
    for (let n = 0; ; n++) {
      const path = folder.path(`${n}.mp4`);
      await makeLecture(path, { seconds: 12 + n, size: "1920x1080" });
      const { id } = await lectern.post({ uploadId: (await lectern.upload(path)).uploadId, policy: "lazy" });
      await lectern.until(id, "ready", "complete");
      const rendition = (await videoRenditions(lectern, id)).findLast((name) => name !== "source") ?? "";
      const answer = lectern.segment(id, rendition, (await segmentCount(lectern, id, rendition)) - 1);
      const runners = NODES.flatMap((name) => runnerOf(name) ?? []);
      const at = await eventually(() => [mesh.nodePid(), ...runners].find((pid) => findFfmpeg(pid).length > 0));
      if (at !== mesh.nodePid()) {
        process.kill(at, "SIGKILL");
        const killedAt = performance.now();
        const { status, headers } = await answer;
        console.log(`      ${status} ${((performance.now() - killedAt) / 1000).toFixed(2)} s after the kill, ${headers.get("server-timing") ?? ""}`);
        expect([status, (await (await answer).arrayBuffer()).byteLength > 1_000]).to.deep.equal([200, true]);
        return;
      }
      await (await answer).arrayBuffer();
    }
  });
});
