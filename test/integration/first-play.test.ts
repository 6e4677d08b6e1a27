/** A video that was posted a moment ago plays, and plays exactly, whatever it is made of. */
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { decodeVideo, findSharedMedia, makeAvi, makeLecture, makeWebm } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";
import { expectExact, playEnds, segmentCount } from "../support/viewer.ts";

const SECONDS = 8;

describe("a video that was just posted", function () {
  this.timeout(60_000);
  let folder: Folder;
  let origin: TestOrigin;
  let mesh: Mesh;
  let lectern: Api;

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: SECONDS });
    await makeAvi(folder.path("film.avi"), { seconds: SECONDS, size: "480x360" });
    await makeWebm(folder.path("screencast.webm"), { seconds: SECONDS, size: "480x360" });
    origin = await startOrigin({ dir: folder.path("") });
    mesh = await startMesh({ settings: { LECTERN_SOURCE_ALLOW: origin.hostPort } });
    lectern = api(mesh.httpUrl);
  });
  after(async () => {
    await mesh?.stop();
    await origin?.stop();
    await folder?.remove();
  });

  for (const [what, name] of [["H.264 and AAC in MP4", "lecture.mp4"], ["MPEG-4 and AC-3 in AVI", "film.avi"], ["VP8 and Vorbis in WebM", "screencast.webm"]] as const) {
    it(`plays at once and ends up exact: ${what}, from a URL`, async () => {
      const { id } = await lectern.post({ url: `${origin.url}/${name}`, policy: "eager" });
      await playEnds(lectern, id);
      const video = await lectern.until(id, "complete");
      expect(video.renditions?.every(({ storedSegments, segments }) => storedSegments === segments)).to.equal(true);
      await expectExact(mesh.httpUrl, lectern, id, SECONDS * 25);
      expect((await run("ffmpeg", ["-v", "error", "-i", `${mesh.httpUrl}/play/${id}/master.m3u8`, "-f", "null", "-"])).stderr).to.equal(""); // with its sound
    });
  }

  it("plays from an upload, under a policy that makes nothing beforehand", async () => {
    const { uploadId } = await lectern.upload(folder.path("lecture.mp4"));
    const { id } = await lectern.post({ uploadId, policy: "lazy" });
    await playEnds(lectern, id);
    await lectern.until(id, "complete"); // nothing is planned, so that is soon
    await expectExact(mesh.httpUrl, lectern, id, SECONDS * 25);
  });

  describe("of the real ones in ../shared/media", () => {
    const real = ["film.avi", "screencast.webm"].map((name) => ({ name, path: findSharedMedia(name) }));
    for (const { name, path } of real) {
      it(`${name} plays at once, and every rendition has all its frames`, async () => {
        if (path === undefined) return console.log(`      ../shared/media/${name} is not there`);
        const { uploadId } = await lectern.upload(path);
        const { id } = await lectern.post({ uploadId, policy: "eager" });
        await playEnds(lectern, id);
        await lectern.until(id, "complete");
        await expectExact(mesh.httpUrl, lectern, id, (await decodeVideo(path)).frames);
      });
    }

    it("lecture-en.mp4 plays at once at both its ends", async () => {
      const path = findSharedMedia("lecture-en.mp4");
      if (path === undefined) return console.log("      ../shared/media/lecture-en.mp4 is not there");
      const { uploadId } = await lectern.upload(path);
      const postedAt = performance.now();
      const { id } = await lectern.post({ uploadId, policy: "lazy" });
      await lectern.playlist(id);
      expect((await lectern.segment(id, "source", 0)).status).to.equal(200);
      console.log(`      lecture-en.mp4: first segment ${Math.round(performance.now() - postedAt)} ms after its post`);
      expect(await segmentCount(lectern, id, "source")).to.be.above(80);
      await playEnds(lectern, id);
    });
  });
});
