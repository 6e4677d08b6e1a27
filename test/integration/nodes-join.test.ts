/** A mesh gets bigger by starting more nodes, and smaller by stopping them, while it works. */
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import type { LecternProcess } from "../support/lectern-process.ts";
import { joinMesh, leaveMesh, startMesh, type Mesh } from "../support/mesh.ts";
import { findFreePort } from "../support/ports.ts";
import { countMade } from "../support/segment-metrics.ts";
import { expectExact } from "../support/viewer.ts";

const SECONDS = 28;
/** Chunks enough that each of three nodes gets one at once. */
const LONG_SECONDS = 76;

describe("two nodes that join a mesh", function () {
  this.timeout(120_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;
  const nodes: { process: LecternProcess; made(): Promise<number> }[] = [];

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("a.mp4"), { seconds: SECONDS, size: "640x360" });
    await makeLecture(folder.path("b.mp4"), { seconds: SECONDS, size: "480x360" });
    await makeLecture(folder.path("c.mp4"), { seconds: LONG_SECONDS, size: "640x360" });
    mesh = await startMesh({ settings: { LECTERN_SLOTS: "1" } });
    lectern = api(mesh.httpUrl);
    for (const name of ["one", "two"]) {
      const port = await findFreePort();
      const process = await joinMesh(mesh, ["--services", "transcoder,cache", "--node-id", name, "--slots", "1"], { LECTERN_METRICS_PORT: String(port) });
      nodes.push({ process, made: async () => countMade(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(), "encode") });
    }
  });
  after(async () => {
    await Promise.all(nodes.map(({ process }) => leaveMesh(process)));
    await mesh?.stop();
    await folder?.remove();
  });

  const post = async (name: string): Promise<string> => {
    const { uploadId } = await lectern.upload(folder.path(name));
    return (await lectern.post({ uploadId, policy: "eager" })).id;
  };

  it("take their share of the work", async () => {
    const ids = [await post("a.mp4"), await post("b.mp4")]; // chunks enough for three
    for (const id of ids) await lectern.until(id, "complete");
    for (const node of nodes) expect(await node.made()).to.be.above(0);
    await expectExact(mesh.httpUrl, lectern, ids[1] ?? "", SECONDS * 25);
  });

  it("hand back what they have when they are asked to leave, and end well", async () => {
    const [leaving] = nodes;
    const before = await leaving?.made();
    const id = await post("c.mp4");
    await eventually(async () => (await leaving?.made()) !== before); // it is in the middle of a chunk
    const asked = performance.now();
    expect(leaving === undefined ? undefined : await leaveMesh(leaving.process)).to.equal(0);
    expect(performance.now() - asked).to.be.below(15_000);
    await lectern.until(id, "complete");
    await expectExact(mesh.httpUrl, lectern, id, LONG_SECONDS * 25);
  });
});
