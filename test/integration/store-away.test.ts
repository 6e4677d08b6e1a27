/** The object store goes away in the middle of the work, and comes back; or its disk is full, and gets room. */
import { stat } from "node:fs/promises";
import { expect } from "chai";
import { api, type Api, type Problem } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh } from "../support/mesh.ts";
import { s3Environment } from "../support/s3.ts";
import { startS3FaultProxy } from "../support/s3-fault-proxy.ts";
import { sharedS3 } from "../support/servers.ts";
import { openSmallDisk } from "../support/small-disk.ts";
import { expectExact, playEnds } from "../support/viewer.ts";

const SECONDS = 12;
/** Less than what is made of the source. */
const ROOM_BYTES = 800 * 1024;

describe("a mesh whose object store is in trouble", function () {
  this.timeout(120_000);
  let folder: Folder;
  before(async function () {
    this.timeout(180_000);
    await sharedS3();
    folder = await openFolder();
    await makeLecture(folder.path("a.mp4"), { seconds: SECONDS });
  });
  after(() => folder?.remove());

  const post = async (lectern: Api): Promise<{ id: string; uploadId: string }> => {
    const { uploadId } = await lectern.upload(folder.path("a.mp4"));
    return { id: (await lectern.post({ uploadId, policy: "eager" })).id, uploadId };
  };

  for (const [what, fault] of [["refuses everything", { refuseOneIn: 1, refusal: { status: 500, code: "InternalError" } }], ["hangs", { delayMs: 20_000 }]] as const) {
    it(`plays from its caches while the store ${what}, says so, and goes on when it is back`, async () => {
      const s3 = await sharedS3();
      const proxy = await startS3FaultProxy(s3.endpoint);
      const mesh = await startMesh({ settings: { ...s3Environment({ ...s3, endpoint: proxy.endpoint }), LECTERN_SLOTS: "1" } });
      try {
        const lectern = api(mesh.httpUrl);
        const { id, uploadId } = await post(lectern);
        await playEnds(lectern, id);
        await eventually(async () => ((await lectern.get(id)).progress?.storedSegments ?? 0) > 0);
        Object.assign(proxy.faults, fault);
        await eventually(async () => {
          const { status, detail } = (await (await fetch(`${mesh.httpUrl}/health/ready`)).json()) as Problem;
          return status === 503 && detail.includes("storage.check (");
        });
        await eventually(async () => /^lectern_store_circuit_open\b.* 1$/m.test(await lectern.metrics()));
        await playEnds(lectern, id);
        const refused = await lectern.postRaw({ uploadId, policy: "lazy" });
        expect([refused.status, refused.headers.get("retry-after")]).to.deep.equal([503, "5"]);
        Object.assign(proxy.faults, { refuseOneIn: undefined, delayMs: 0 });
        const backAt = performance.now();
        await eventually(async () => (await fetch(`${mesh.httpUrl}/health/ready`)).status === 200);
        console.log(`      ready again ${((performance.now() - backAt) / 1000).toFixed(1)} s after the store`);
        await lectern.until(id, "complete");
        await expectExact(mesh.httpUrl, lectern, id, SECONDS * 25);
        expect(mesh.nodeLog()).to.match(/The object store is away: [\s\S]*The object store is back after/);
      } finally {
        await mesh.stop();
        await proxy.stop();
      }
    });
  }

  it("plays what it has while its disk is full, refuses what is new, and goes on when there is room", async () => {
    const disk = await openSmallDisk((await stat(folder.path("a.mp4"))).size + ROOM_BYTES);
    const mesh = await startMesh({ settings: { LECTERN_STORE: `file:${disk.dir}`, LECTERN_SLOTS: "1" } });
    try {
      const lectern = api(mesh.httpUrl);
      const { id } = await post(lectern);
      await eventually(() => mesh.nodeLog().includes("disk is full"));
      await playEnds(lectern, id);
      const upload = await fetch(`${mesh.httpUrl}/v1/uploads`, { method: "POST", body: Buffer.alloc(2 * ROOM_BYTES) });
      expect([upload.status, ((await upload.json()) as Problem).code]).to.deep.equal([507, "storage_full"]);
      expect((await lectern.get(id)).status).to.equal("ready");
      disk.resize(64 * 1024 * 1024);
      await lectern.until(id, "complete");
      await expectExact(mesh.httpUrl, lectern, id, SECONDS * 25);
    } finally {
      await mesh.stop();
      await disk.remove();
    }
  });
});
