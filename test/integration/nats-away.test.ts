/** NATS is gone for so long that the nodes have lost sight of each other, and comes back. */
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import type { LecternProcess } from "../support/lectern-process.ts";
import { joinMesh, leaveMesh, startMesh, type Mesh } from "../support/mesh.ts";
import { startNats, type TestServer } from "../support/nats.ts";
import { findFreePort } from "../support/ports.ts";
import { expectExact, playEnds } from "../support/viewer.ts";

const SECONDS = 24;

describe("a mesh whose NATS goes away", function () {
  this.timeout(120_000);
  let folder: Folder;
  let nats: TestServer;
  let mesh: Mesh;
  let door: LecternProcess;
  let lectern: Api;
  let atDoor: Api;
  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("a.mp4"), { seconds: SECONDS });
    nats = await startNats();
    mesh = await startMesh({ settings: { LECTERN_NATS_URL: nats.url, LECTERN_SLOTS: "1" } });
    lectern = api(mesh.httpUrl);
    const port = await findFreePort();
    door = await joinMesh(mesh, ["--services", "gateway", "--node-id", "door"], { LECTERN_HTTP_PORT: String(port) });
    atDoor = api(`http://127.0.0.1:${port}`);
  });
  after(async () => {
    if (door !== undefined) await leaveMesh(door);
    await mesh?.stop();
    await nats?.stop();
    await folder?.remove();
  });

  it("plays what each node has, makes what one node can make, loses nothing, and is whole again by itself", async () => {
    const { uploadId } = await lectern.upload(folder.path("a.mp4"));
    const { id } = await lectern.post({ uploadId, policy: "eager" });
    await playEnds(lectern, id);
    await playEnds(atDoor, id); // now they are in this node's own memory
    await eventually(async () => ((await lectern.get(id)).progress?.storedSegments ?? 0) > 0);
    await nats.kill();
    await door.waitFor(/disconnected unexpectedly|Node '.*' disconnected/);

    await playEnds(lectern, id);
    await playEnds(atDoor, id);
    const refused = await atDoor.postRaw({ uploadId, policy: "lazy" });
    expect([refused.status, refused.headers.get("retry-after")]).to.deep.equal([503, "1"]);
    const meanwhile = await lectern.post({ uploadId, policy: "lazy" }); // a node with all services needs nobody
    await playEnds(lectern, meanwhile.id);

    nats = await startNats({ port: nats.port });
    const backAt = performance.now();
    await eventually(async () => (await atDoor.get(id).catch(() => undefined))?.id === id);
    console.log(`      whole again ${((performance.now() - backAt) / 1000).toFixed(1)} s after NATS was back`);
    await playEnds(atDoor, meanwhile.id);
    await lectern.until(id, "complete");
    await expectExact(mesh.httpUrl, lectern, id, SECONDS * 25);
  });
});
