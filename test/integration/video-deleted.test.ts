/** A video is deleted while it is being made. */
import { expect } from "chai";
import { api, type Api, type Problem } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { findFfmpeg } from "../support/ffmpeg-processes.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { listStore } from "../support/store-files.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

describe("a video that is deleted while it is encoded", function () {
  this.timeout(30_000);
  let folder: Folder;
  let origin: TestOrigin;
  let mesh: Mesh;
  let lectern: Api;

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 60, size: "1280x720" });
    origin = await startOrigin({ dir: folder.path("") });
    mesh = await startMesh({ settings: { LECTERN_SOURCE_ALLOW: origin.hostPort } });
    lectern = api(mesh.httpUrl);
  });
  after(async () => {
    await mesh?.stop();
    await origin?.stop();
    await folder?.remove();
  });

  for (const from of ["a URL", "an upload"] as const) {
    it(`leaves its tombstone, and no FFmpeg: from ${from}`, async () => {
      const before = (await listStore(mesh)).filter((key) => !key.endsWith(".deleted"));
      const source = from === "a URL" ? { url: `${origin.url}/lecture.mp4` } : { uploadId: (await lectern.upload(folder.path("lecture.mp4"))).uploadId };
      const { id } = await lectern.post({ ...source, policy: "eager" });
      await eventually(async () => findFfmpeg(mesh.nodePid()).length > 0 && ((await lectern.get(id)).progress?.storedSegments ?? 0) > 0);
      expect((await lectern.remove(id)).status).to.equal(204);
      await eventually(() => findFfmpeg(mesh.nodePid()).length === 0);
      const play = await fetch(`${mesh.httpUrl}/play/${id}/master.m3u8`);
      expect(play.status).to.equal(410);
      expect(((await play.json()) as Problem).code).to.equal("video_deleted");
      expect((await lectern.segment(id, "source", 0)).status).to.equal(410);
      expect((await lectern.get(id)).status).to.equal("deleted");
      await eventually(async () => { // the scheduler hears of it as soon as the transcoder does, and not before
        const { lanes } = (await (await fetch(`${mesh.httpUrl}/v1/queue`)).json()) as { lanes: Record<string, { waiting: number }> };
        return Object.values(lanes).every(({ waiting }) => waiting === 0);
      });
      // The mark that a deletion goes on stays until nothing can come any more; a segment that was under way is taken back.
      const left = async (): Promise<string[]> => (await listStore(mesh)).filter((key) => !key.endsWith(".deleted"));
      await eventually(async () => (await left()).length === before.length + 1);
      expect(await left()).to.deep.equal([...before, `deleted/${id}.json`].toSorted());
    });
  }

  it("is made anew when its source is posted again", async () => {
    const { id } = await lectern.post({ url: `${origin.url}/lecture.mp4`, policy: "lazy" });
    expect((await lectern.segment(id, "source", 0)).status).to.equal(200);
    expect((await lectern.remove(id)).status).to.equal(204);
    const again = await lectern.post({ url: `${origin.url}/lecture.mp4`, policy: "lazy" });
    expect(again.id).to.not.equal(id);
    expect((await lectern.segment(again.id, "source", 0)).status).to.equal(200);
  });
});
