/** The region that a page came from is killed whole while a video plays: it plays on from another. */
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { startRegions, type RegionMesh } from "../support/region-meshes.ts";
import { listStore } from "../support/store-files.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";
import { openChromium } from "./chromium.ts";
import { seekTo, waitForPlay } from "./playback.ts";

describe("a player whose region is gone", function () {
  this.timeout(120_000);
  let folder: Folder;
  let origin: TestOrigin;
  let us: RegionMesh;
  let eu: RegionMesh;
  let stop: () => Promise<void>;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 120, size: "640x360" });
    origin = await startOrigin({ dir: folder.path("") });
    const started = await startRegions(["us", "eu"], { settings: { LECTERN_SOURCE_ALLOW: origin.hostPort } });
    stop = started.stop;
    [us, eu] = [started.regions["us"], started.regions["eu"]] as [RegionMesh, RegionMesh];
    browser = await openChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on("pageerror", (error) => faults.push(error.message));
  });
  after(async () => {
    await browser?.close();
    await stop?.();
    await origin?.stop();
    await folder?.remove();
  });

  it("plays on from another, also where nothing was buffered", async () => {
    const { id } = await api(us.httpUrl).post({ url: `${origin.url}/lecture.mp4`, policy: "lazy" });
    await eventually(async () => (await listStore(eu, `videos/${id}/plan`)).length > 0);
    const listed = page.waitForResponse((answer) => answer.url().endsWith("/v1/regions"));
    await page.goto(`${us.httpUrl}/watch/${id}`);
    await listed;
    await waitForPlay(page, 2, 60_000, 0);
    await us.killRegion();
    const goneAt = performance.now();
    const from = await seekTo(page, 0.75);
    await waitForPlay(page, 0.2, 60_000, from);
    console.log(`      plays again ${((performance.now() - goneAt) / 1000).toFixed(1)} s after its region was gone`);
    await waitForPlay(page, 5, 60_000, from);
    expect(faults).to.deep.equal([]);
    expect(await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).origin))).to.include(new URL(eu.httpUrl).origin);
  });
});
