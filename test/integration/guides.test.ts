/** Every command of the guides, as a reader types it. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { readGuide, runGuide } from "../support/guide.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

describe("a guide", function () {
  this.timeout(120_000);
  let folder: Folder;
  let origin: TestOrigin;
  let mesh: Mesh;

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 12, size: "640x360" });
    await writeFile(folder.path("no-video.txt"), "This is a page of words. ".repeat(200));
    origin = await startOrigin({ dir: folder.path("") });
    mesh = await startMesh({ settings: { LECTERN_SOURCE_ALLOW: origin.hostPort, LECTERN_ACCESS: "keys" } });
  });
  after(async () => {
    await mesh?.stop();
    await origin?.stop();
    await folder?.remove();
  });

  it("to the API does what it says, from the first key to the end of a video", async () => {
    const blocks = await readGuide("api");
    const key = (await readFile(join(mesh.dataDir, "admin.key"), "utf8")).trim();
    const told = await runGuide(blocks, { LECTERN: mesh.httpUrl, KEY: key, SOURCE: `${origin.url}/lecture.mp4`, FILE: folder.path("lecture.mp4") }, folder.path(""));
    expect(told).to.include("#EXTM3U").and.include("WEBVTT").and.include("Thermodynamics 1");
    expect((await readFile(folder.path("slide.webp"))).subarray(8, 12).toString()).to.equal("WEBP");
    for (const name of ["first.m4s", "quote.mp4"]) expect((await stat(folder.path(name))).size, name).to.be.above(10_000);
  });
});
