/** Sources that are no videos: refused by their address, or rejected for what they hold, without a trace. */
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { api, type Api, type Problem } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { findFfmpeg } from "../support/ffmpeg-processes.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { listStore } from "../support/store-files.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

describe("sources that cannot be played", function () {
  this.timeout(30_000);
  let folder: Folder;
  let origin: TestOrigin;
  let mesh: Mesh;
  let lectern: Api;
  let nodePid: number;

  before(async () => {
    folder = await openFolder();
    const lecture = await readFile(await makeLecture(folder.path("lecture.mp4"), { seconds: 4 }));
    origin = await startOrigin({
      files: {
        "/page.html": Buffer.from("<!doctype html><html><head><title>Lecture 1</title></head><body></body></html>"),
        "/truncated.mp4": lecture.subarray(0, 3_000),
        "/zeros.mp4": Buffer.alloc(65_536),
        "/notes.txt": Buffer.from("Notes of the first lecture.\n".repeat(40)),
        "/list.m3u8": Buffer.from("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://127.0.0.1:1/a.ts\n"),
        "/empty.mp4": Buffer.alloc(0),
      },
    });
    mesh = await startMesh({ settings: { LECTERN_SOURCE_ALLOW: origin.hostPort } });
    lectern = api(mesh.httpUrl);
    nodePid = mesh.nodePid();
  });
  after(async () => {
    expect(mesh.nodePid()).to.equal(nodePid);
    expect(findFfmpeg(nodePid)).to.deep.equal([]);
    await mesh?.stop();
    await origin?.stop();
    await folder?.remove();
  });

  it("are refused at once when their address is not one that may be fetched", async () => {
    const stored = await listStore(mesh);
    const urls = [`http://127.0.0.1:${new URL(mesh.httpUrl).port}/`, "http://127.0.0.1:1/a.mp4", "http://localhost/a.mp4", "http://169.254.169.254/latest/meta-data/", "http://[::1]/a.mp4", "http://2130706433/a.mp4", "file:///etc/passwd", "not a url"];
    for (const url of urls) {
      const answer = await lectern.postRaw({ url });
      const problem = (await answer.json()) as Problem;
      expect(answer.status, url).to.be.within(400, 499);
      expect(problem.code, url).to.be.oneOf(["source_refused", "bad_url"]);
    }
    expect(await listStore(mesh)).to.deep.equal(stored);
  });

  const cases = [
    ["/page.html", "not_media"], ["/truncated.mp4", "truncated"], ["/zeros.mp4", "not_media"], ["/notes.txt", "unsupported_container"],
    ["/list.m3u8", "forbidden_reference"], ["/empty.mp4", "empty"], ["/missing.mp4", "source_refused"],
  ] as const;
  for (const [path, reason] of cases) {
    it(`are rejected with a reason: ${path}, ${reason}`, async () => {
      const { id } = await lectern.post({ url: `${origin.url}${path}` });
      const video = await lectern.until(id, "rejected");
      expect(video.reasons?.map((found) => found.class)).to.deep.equal([reason]);
      expect(video.reasons?.[0]?.message).to.match(/^[A-Z].*\.$/);
      const play = await fetch(`${mesh.httpUrl}/play/${id}/master.m3u8`);
      expect(play.status).to.equal(422);
      expect((await play.json()) as Problem).to.deep.include({ code: "video_rejected", reasons: video.reasons });
      await eventually(async () => (await listStore(mesh, `open/${id}`)).length === 0);
      expect((await listStore(mesh)).filter((key) => key.includes(id))).to.deep.equal([`keys/videos/${id}/key.json`, `videos/${id}/record.json`, `videos/${id}/verdict.json`]);
      expect(await listStore(mesh, "claims/")).to.deep.equal([]);
    });
  }
});
