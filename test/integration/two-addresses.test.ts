/** The same bytes are posted under several addresses, and other bytes that look like them. */
import { readFileSync } from "node:fs";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { BLOCK_BYTES } from "../../services/source/source.contract.ts";
import type { Twin } from "../../services/videos/videos.contract.ts";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { countMade } from "../support/segment-metrics.ts";
import { listStore, readStored } from "../support/store-files.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";
import { expectExact, segmentCount, videoRenditions } from "../support/viewer.ts";

const SECONDS = 30;
const MiB = 1024 * 1024;
/** 26 blocks that are compared; the index, the opening and what is read ahead of it. */
const FEW_BYTES = 26 * BLOCK_BYTES + 6 * MiB;
/** Of picture and sound, made while the playlists are asked for: nobody waits for a comparison. */
const OPENING_SEGMENTS = 2;

describe("the same bytes under several addresses", function () {
  this.timeout(180_000);
  let folder: Folder;
  let size: number;
  let first: TestOrigin;
  let second: TestOrigin;
  let mesh: Mesh;
  let lectern: Api;
  let a: string;
  let b: string;

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: SECONDS, size: "1280x720" });
    for (const name of ["again.mp4", "once-more.mp4", "gone.mp4", "late.mp4"]) await copyFile(folder.path("lecture.mp4"), folder.path(name));
    size = (await readFile(folder.path("lecture.mp4"))).length;
    expect(size).to.be.above(FEW_BYTES + 8 * MiB);
    first = await startOrigin({ dir: folder.path("") });
    second = await startOrigin({ dir: folder.path(""), host: "127.0.0.2" });
    mesh = await startMesh({ settings: { LECTERN_SOURCE_ALLOW: `${first.hostPort},${second.hostPort}` } });
    lectern = api(mesh.httpUrl);
    a = (await lectern.post({ url: `${first.url}/lecture.mp4`, policy: "eager" })).id;
    await lectern.until(a, "complete");
  });
  after(async () => {
    await mesh?.stop();
    await Promise.all([first?.stop(), second?.stop()]);
    await folder?.remove();
  });

  const twinOf = (id: string): Promise<Twin> => eventually(async () => {
    const [key] = await listStore(mesh, `videos/${id}/twin.json`);
    return key === undefined ? undefined : (JSON.parse((await readStored(mesh, key)).toString()) as Twin);
  });
  const claimed = async (): Promise<string[]> => (await listStore(mesh, "twins/")).map((key) => (JSON.parse(readFileSync(join(mesh.dataDir, "store", key), "utf8")) as { id: string }).id);
  const made = async (): Promise<number> => {
    const metrics = await lectern.metrics();
    return countMade(metrics, "encode") + countMade(metrics, "repackage");
  };

  it("cost no segment but the opening and few bytes the second time, in the background and for viewers", async () => {
    const before = await made();
    b = (await lectern.post({ url: `${second.url}/again.mp4`, policy: "eager" })).id;
    expect(await twinOf(b)).to.include({ of: a });
    await lectern.until(b, "complete");
    await eventually(async () => { // previews are made after all else
      const [theirs, ours] = await Promise.all([a, b].map((id) => listStore(mesh, `videos/${id}/storyboard/`)));
      return theirs?.length === ours?.length && ours?.length !== 0;
    });
    await expectExact(mesh.httpUrl, lectern, b, SECONDS * 25);
    expect((await made()) - before).to.be.at.most(OPENING_SEGMENTS);
    expect((await lectern.get(b)).quality?.checkedSegments ?? 0).to.be.at.most(OPENING_SEGMENTS);
    expect(second.stats.bytes).to.be.below(FEW_BYTES);
  });

  it("cost nothing more where nothing is made that nobody watches", async () => {
    const before = await made();
    const { bytes } = second.stats;
    const { id } = await lectern.post({ url: `${second.url}/again.mp4#t=10`, policy: "lazy" }); // the same address, too
    expect(await twinOf(id)).to.include({ of: a });
    for (const name of [...(await videoRenditions(lectern, id)), "audio"]) {
      for (const segment of ["init", (await segmentCount(lectern, id, name)) - 1] as const) expect((await lectern.segment(id, name, segment)).status, `${name}/${segment}`).to.equal(200);
    }
    expect((await made()) - before).to.be.at.most(OPENING_SEGMENTS);
    expect(second.stats.bytes - bytes).to.be.at.most(26 * BLOCK_BYTES);
  });

  it("play on when the first video is deleted, and the next one takes its place", async () => {
    const { id } = await lectern.post({ url: `${first.url}/once-more.mp4`, policy: "eager" });
    expect(await twinOf(id)).to.include({ of: a });
    const kept = await listStore(mesh, `videos/${b}/`);
    expect((await lectern.remove(a)).status).to.equal(204);
    expect(await claimed()).to.deep.equal([]);
    await lectern.until(id, "complete");
    await expectExact(mesh.httpUrl, lectern, id, SECONDS * 25);
    expect(await listStore(mesh, `videos/${b}/`), "its screening may be noted meanwhile").to.include.members(kept);
    const next = await lectern.post({ url: `${first.url}/gone.mp4`, policy: "lazy" });
    expect(await twinOf(next.id)).to.not.have.property("of");
    expect(await claimed()).to.deep.equal([next.id]);
  });

  it("are not compared with what cannot be read any more", async () => {
    first.behave("/gone.mp4", { status: 404 });
    const { id } = await lectern.post({ url: `${first.url}/late.mp4`, policy: "lazy" });
    expect(await twinOf(id)).to.not.have.property("of");
    expect(await claimed()).to.deep.equal([id]);
  });

  it("are not those of a file that has other frames in its second half", async () => {
    const bytes = await readFile(folder.path("lecture.mp4"));
    for (let at = size >> 1; at < size; at++) bytes.writeUInt8(bytes.readUInt8(at) ^ 255, at);
    second.put("/other.mp4", bytes);
    const [holder] = await claimed();
    const { id } = await lectern.post({ url: `${second.url}/other.mp4`, policy: "lazy" });
    const twin = await twinOf(id);
    expect(twin).to.not.have.property("of");
    expect(await claimed(), "its plan is the same").to.deep.equal([holder]);
  });
});
