/** Three regions: what only others have is played, what is deleted goes everywhere, and a lost region is restored. */
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { openLectern } from "../support/lectern-process.ts";
import { startRegions, type RegionMesh } from "../support/region-meshes.ts";
import { bareEnvironment } from "../support/start-process.ts";
import { listStore } from "../support/store-files.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";
import { expectExact } from "../support/viewer.ts";

const RESTORE = fileURLToPath(new URL("../../bin/restore.ts", import.meta.url));
const SECONDS = 8;

describe("three regions", function () {
  this.timeout(300_000);
  let folder: Folder;
  let origin: TestOrigin;
  let regions: Record<string, RegionMesh>;
  let stop: () => Promise<void>;
  let id = "";
  const region = (name: string): RegionMesh => regions[name] as RegionMesh;
  const at = (name: string): Api => api(region(name).httpUrl);
  const media = (name: string): Promise<string[]> => listStore(region(name), `videos/${id}/media/`);

  before(async () => {
    folder = await openFolder();
    for (const name of ["a.mp4", "b.mp4"]) await makeLecture(folder.path(name), { seconds: SECONDS, size: "480x360" });
    origin = await startOrigin({ dir: folder.path("") });
    ({ regions, stop } = await startRegions(["us", "eu", "asia"], { file: "redirect: true\nsyncWaitMs: 10000\ngeo: { headers: [X-Geo-Country] }", settings: { LECTERN_SOURCE_ALLOW: origin.hostPort } }));
  });
  after(async () => {
    await stop?.();
    await origin?.stop();
    await folder?.remove();
  });

  async function restore(name: string, args: readonly string[]): Promise<{ output: string; code: number | null }> {
    const { dataDir } = region(name);
    const restored = openLectern([RESTORE, ...args], { ...bareEnvironment(), LECTERN_REGION: name, LECTERN_REGIONS: join(dataDir, "../regions.yaml"), LECTERN_DATA: dataDir });
    const { code } = await restored.exited;
    return { output: restored.output(), code };
  }

  /** How many segments its nodes have made. */
  const makesIn = async (name: string): Promise<number> =>
    [...(await at(name).metrics()).matchAll(/lectern_segment_make_seconds_count\{[^}]*\} (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);

  it("know each other", async () => {
    const { regions: known } = await eventually(async () => {
      const answer = (await (await fetch(`${region("us").httpUrl}/v1/regions`)).json()) as { best: string; regions: { name: string; own: boolean; healthy: boolean; url: string }[] };
      return answer.regions.every(({ healthy }) => healthy) && answer;
    });
    expect(known.map(({ name, own, url }) => ({ name, own, url }))).to.have.deep.members(["us", "eu", "asia"].map((name) => ({ name, own: name === "us", url: region(name).httpUrl })));
  });

  it("work on a video where its poster says", async () => {
    const posted = await at("us").post({ url: `${origin.url}/a.mp4`, policy: "eager", region: "eu" });
    ({ id } = posted);
    expect(posted).to.deep.include({ region: "eu", replicatedTo: ["us"] });
    expect(await listStore(region("eu"), "open/")).to.deep.equal([`open/${id}`]);
    await at("eu").until(id, "complete");
    expect((await at("us").postRaw({ url: `${origin.url}/a.mp4`, region: "moon" })).status).to.equal(400);
  });

  it("have segments in the standby before anybody watches there, and elsewhere when they are watched", async () => {
    await eventually(async () => (await media("us")).length === (await media("eu")).length);
    // A little may be there: when the one node of eu does not answer for a second, viewers' segments are made elsewhere.
    const [had, made] = [(await media("asia")).length, await makesIn("asia")];
    expect(had).to.be.lessThan((await media("eu")).length);
    await expectExact(region("asia").httpUrl, at("asia"), id, SECONDS * 25);
    await eventually(async () => (await media("asia")).length > had);
    expect(await at("asia").metrics()).to.match(/lectern_region_reads_total\{[^}]*result="found"[^}]*\} [1-9]/);
    expect(await makesIn("asia")).to.equal(made);
  });

  it("send a player to the region of its choice, which then plays", async () => {
    const asked = await fetch(`${region("us").httpUrl}/play/${id}/master.m3u8?region=asia`, { redirect: "manual" });
    expect([asked.status, asked.headers.get("location")]).to.deep.equal([307, `${region("asia").httpUrl}/play/${id}/master.m3u8?region=asia`]);
    expect((await fetch(`${region("us").httpUrl}/play/${id}/master.m3u8?region=asia`)).status).to.equal(200);
    expect((await fetch(`${region("us").httpUrl}/play/${id}/master.m3u8`, { redirect: "manual" })).status).to.equal(200);
  });

  it("restore one whose store is lost, from another's", async () => {
    await region("us").killRegion();
    await rm(join(region("us").dataDir, "store"), { recursive: true });
    await rm(join(region("us").dataDir, "redis"), { recursive: true, force: true });
    const { output, code } = await restore("us", ["--from", "eu"]);
    expect([code, output]).to.deep.equal([0, output]);
    expect(output).to.match(/Copied \d+ objects.*\n1 videos: 0 unfinished/);
    await region("us").restartRegion();
    expect((await at("us").get(id)).status).to.equal("complete");
    expect((await at("us").get(id)).id).to.equal(id);
    await expectExact(region("us").httpUrl, at("us"), id, SECONDS * 25);
  });

  it("go on with an unfinished video from a bucket alone", async () => {
    const posted = await at("us").post({ url: `${origin.url}/b.mp4`, policy: "eager" });
    await at("us").until(posted.id, "ready", "complete");
    await region("us").killRegion();
    for (const lost of ["redis", "store/open", "store/replicating", `store/videos/${posted.id}/outcome.json`]) await rm(join(region("us").dataDir, lost), { recursive: true, force: true });
    expect(await restore("us", [])).to.include({ code: 0 });
    expect(await listStore(region("us"), "open/")).to.deep.equal([`open/${posted.id}`]);
    await region("us").restartRegion();
    await at("us").until(posted.id, "complete");
    expect((await at("us").remove(posted.id)).status).to.equal(204);
  });

  it("delete everywhere, also where the store was away meanwhile", async () => {
    const store = join(region("asia").dataDir, "store");
    await rename(store, `${store}-aside`);
    await writeFile(store, "no directory");
    await eventually(async () => {
      const { regions: known } = (await (await fetch(`${region("us").httpUrl}/v1/regions`)).json()) as { regions: { name: string; healthy: boolean }[] };
      return known.some(({ name, healthy }) => name === "asia" && !healthy);
    });
    expect((await at("us").remove(id)).status).to.equal(204);
    await eventually(async () => (await listStore(region("eu"), `videos/${id}/`)).length === 0);
    await rm(store);
    await rename(`${store}-aside`, store);
    await eventually(async () => (await listStore(region("asia"), `videos/${id}/`)).length === 0);
    await eventually(async () => (await fetch(`${region("asia").httpUrl}/play/${id}/master.m3u8`)).status === 410);
  });
});
