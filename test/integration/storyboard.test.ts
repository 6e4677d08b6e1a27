/** Previews for seeking: there as soon as the video plays, each of its own time. */
import { expect } from "chai";
import { writeFile } from "node:fs/promises";
import { api, type Api } from "../support/api.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { makeNumbered, readImage } from "../support/numbered-video.ts";
import { listStore } from "../support/store-files.ts";

const SECONDS = 42;
/** Two frames a second: key frames are the numbers 0, 6, 12, … */
const SOURCES = [
  { file: "lecture.mp4", encoder: ["-c:v", "libx264", "-bf", "2", "-x264-params", "keyint=6:min-keyint=6:scenecut=0"] },
  { file: "film.avi", encoder: ["-c:v", "mpeg4", "-q:v", "2", "-g", "6", "-sc_threshold", "1000000000"] },
];

describe("a storyboard", function () {
  this.timeout(180_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;

  before(async () => {
    folder = await openFolder();
    mesh = await startMesh();
    lectern = api(mesh.httpUrl);
    for (const { file, encoder } of SOURCES) await makeNumbered(folder.path(file), SECONDS, "2", encoder);
  });
  after(async () => {
    await mesh?.stop();
    await folder?.remove();
  });

  for (const { file } of SOURCES) {
    it(`shows at each place a key frame of its interval, made when it is asked for: ${file}`, async () => {
      const { uploadId } = await lectern.upload(folder.path(file));
      const { id } = await lectern.post({ uploadId, policy: "lazy" });
      const answer = await fetch(`${mesh.httpUrl}/play/${id}/storyboard.vtt`);
      expect(answer.headers.get("content-type")).to.equal("text/vtt; charset=utf-8");
      const cues = [...(await answer.text()).matchAll(/^([\d:.]+) --> .*\n(.*)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm)];
      expect(cues).to.have.lengthOf(9);
      const sheet = await fetch(`${mesh.httpUrl}/play/${id}/${cues[0]?.[2]}`);
      expect([sheet.status, sheet.headers.get("content-type")]).to.deep.equal([200, "image/jpeg"]);
      await writeFile(folder.path("sheet.jpg"), Buffer.from(await sheet.arrayBuffer()));
      const shown: number[] = [];
      for (const [, , , x, y, width, height] of cues) {
        await run("ffmpeg", ["-y", "-i", folder.path("sheet.jpg"), "-vf", `crop=${width}:${height}:${x}:${y}`, folder.path("preview.png")]);
        shown.push(await readImage(folder.path("preview.png")));
      }
      for (const [place, number] of shown.entries()) {
        expect(number % 6, `place ${place}: frame ${number}`).to.equal(0);
        expect(number / 2, `place ${place}`).to.be.within(5 * place - 3, 5 * place + 4.5);
      }
      if (file === "lecture.mp4") expect(shown).to.deep.equal([0, 12, 24, 30, 42, 54, 60, 72, 78]);
      expect((await fetch(`${mesh.httpUrl}/play/${id}/storyboard/1.jpg`)).status).to.equal(404);
    });
  }

  it("is made in the background, unless nothing is", async () => {
    const { uploadId } = await lectern.upload(folder.path("lecture.mp4"));
    const { id } = await lectern.post({ uploadId, policy: "eager" });
    await eventually(async () => (await listStore(mesh, `videos/${id}/storyboard/`)).length > 0);
    expect(await listStore(mesh, `videos/${id}/storyboard/`)).to.deep.equal([`videos/${id}/storyboard/0.jpg`]);
    expect((await lectern.get(id)).status).to.be.oneOf(["ready", "complete"]);
  });
});
