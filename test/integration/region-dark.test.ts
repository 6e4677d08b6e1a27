/** Two regions; the one that works on a video is killed whole. The other plays on and finishes it, and nothing is done twice. */
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { startRegions, type RegionMesh } from "../support/region-meshes.ts";
import { listStore } from "../support/store-files.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";
import { expectExact } from "../support/viewer.ts";

const SECONDS = 30;

describe("two regions, one of which goes dark", function () {
  this.timeout(300_000);
  let folder: Folder;
  let origin: TestOrigin;
  let us: RegionMesh;
  let eu: RegionMesh;
  let stop: () => Promise<void>;
  let [inUs, inEu]: Api[] = [];
  const here = (lectern: Api | undefined): Api => lectern ?? api("");

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: SECONDS, size: "1280x720" });
    origin = await startOrigin({ dir: folder.path("") });
    const started = await startRegions(["us", "eu"], { file: "darkAfterSec: 3\nsyncWaitMs: 10000", settings: { LECTERN_SOURCE_ALLOW: origin.hostPort } });
    stop = started.stop;
    [us, eu] = [started.regions["us"], started.regions["eu"]] as [RegionMesh, RegionMesh];
    [inUs, inEu] = [api(us.httpUrl), api(eu.httpUrl)];
  });
  after(async () => {
    await stop?.();
    await origin?.stop();
    await folder?.remove();
  });

  let id = "";

  it("has a record in both when its post is answered, and segments soon", async () => {
    const posted = await here(inUs).post({ url: `${origin.url}/lecture.mp4`, policy: "eager" });
    expect(await listStore(eu, `videos/${posted.id}/record`)).to.deep.equal([`videos/${posted.id}/record.json`]);
    expect(await listStore(eu, "standby/")).to.deep.equal([`standby/us/${posted.id}`]);
    expect(posted).to.include({ region: "us" }).and.deep.include({ replicatedTo: ["eu"] });
    ({ id } = posted);
    await eventually(async () => (await listStore(eu, `videos/${id}/media/`)).length > 5);
  });

  it("plays in the other region while it is made in the first", async () => {
    expect((await here(inEu).segment(id, "source", 0)).status).to.equal(200);
    expect(await here(inEu).playlist(id, "source")).to.equal(await here(inUs).playlist(id, "source"));
  });

  it("plays on in the other region at once, which takes it over", async () => {
    expect((await here(inUs).get(id)).status).to.equal("ready");
    await us.killRegion();
    const killedAt = performance.now();
    const sinceKill = (): string => `${((performance.now() - killedAt) / 1000).toFixed(1)} s`;
    expect((await here(inEu).segment(id, "source", 4)).status).to.equal(200);
    console.log(`      a segment from the other region ${sinceKill()} after the kill`);
    await eventually(async () => (await listStore(eu, `open/${id}`)).length > 0);
    console.log(`      taken over ${sinceKill()} after the kill`);
    expect(await listStore(eu, "adopted/")).to.deep.equal([`adopted/us/${id}/0001-eu`]);
  });

  it("is finished there, and the region that comes back meanwhile makes nothing of it again", async () => {
    await us.restartRegion();
    await here(inEu).until(id, "complete");
    const made = await listStore(eu, `videos/${id}/media/`);
    await eventually(async () => (await listStore(us, `videos/${id}/media/`)).length === made.length && (await listStore(us, "open/")).length === 0);
    expect(await here(inUs).metrics()).to.not.match(/lectern_segment_make_seconds_count\{[^}]*\} [1-9]/);
    expect(await here(inEu).metrics()).to.match(/lectern_segment_make_seconds_count\{[^}]*\} [1-9]/);
    expect((await here(inUs).get(id)).status).to.equal("complete");
    for (const [region, lectern] of [[eu, inEu], [us, inUs]] as const) await expectExact(region.httpUrl, here(lectern), id, SECONDS * 25);
    await eventually(async () => (await listStore(us, "standby/")).length + (await listStore(eu, "standby/")).length === 0);
  });
});
