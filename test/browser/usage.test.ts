/** A play with a jump, in Chromium: it shows in the numbers, and in the picture of them. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { VideoUsage } from "../../services/insights/insights.contract.ts";
import type { VideoView } from "../../services/videos/videos.contract.ts";
import { eventually } from "../support/eventually.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { openChromium } from "./chromium.ts";
import { findLecture } from "./lecture.ts";
import { seekTo, waitForPlay } from "./playback.ts";

describe("how a lecture is watched, in the browser", function () {
  this.timeout(180_000);
  let mesh: Mesh;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let dir: string;
  let id: string;
  const faults: string[] = [];

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "lectern-usage-"));
    mesh = await startMesh({ settings: { LECTERN_USAGE_FLOOR: "1" } });
    browser = await openChromium();
    context = await browser.newContext({ viewport: { width: 1180, height: 860 } });
    page = await context.newPage();
    page.on("pageerror", (error) => faults.push(error.message));
    const body = await readFile(findLecture(dir).path);
    const { uploadId } = await (await fetch(`${mesh.httpUrl}/v1/uploads`, { method: "POST", body, headers: { "Content-Type": "application/octet-stream" } })).json() as { uploadId: string };
    ({ id } = await (await fetch(`${mesh.httpUrl}/v1/videos`, { method: "POST", body: JSON.stringify({ uploadId, title: "Lenses", labels: { course: "optics" }, policy: "lazy" }), headers: { "Content-Type": "application/json" } })).json() as VideoView);
  });
  after(async () => {
    await browser?.close();
    await mesh?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const usageOf = async (): Promise<VideoUsage> => (await (await fetch(`${mesh.httpUrl}/v1/videos/${id}/usage`)).json()) as VideoUsage;

  it("is told by the player: what was played, and from where to where was jumped", async () => {
    await page.goto(`${mesh.httpUrl}/watch/${id}`);
    await waitForPlay(page, 4, 60_000, 0);
    const at = await seekTo(page, 0.6);
    await waitForPlay(page, 3, 30_000, at);
    await page.goto("about:blank"); // a beacon tells the rest
    const usage = await eventually(async () => {
      const found = await usageOf();
      return found.totals.views === 1 && found;
    });
    const { heat = [], retention = [], seeks = [], bucketSec, durationSec } = usage;
    const bucketOf = (sec: number): number => Math.floor(sec / bucketSec);
    expect(usage.totals).to.include({ views: 1, viewers: 1, completions: 0 });
    expect(usage.totals.watchSec).to.be.within(6, 30);
    expect([heat[0], heat[bucketOf(at + 1)], heat[bucketOf(durationSec * 0.4)]].map((times) => (times ?? 0) > 0)).to.deep.equal([true, true, false]);
    expect([retention[0], retention[bucketOf(at + 1)], retention[bucketOf(durationSec * 0.9)]]).to.deep.equal([1, 1, 0]);
    expect(seeks.map(({ count }) => count)).to.deep.equal([1]);
    expect(Math.abs((seeks[0]?.toSec ?? 0) - at)).to.be.below(durationSec / 20 + 0.1);
    expect(usage.quality).to.include({ startups: 1 });
  });

  it("is drawn: the parts that were played are hot, and a look at one shows its picture", async () => {
    await page.goto(`${mesh.httpUrl}/usage/${id}`);
    await page.waitForSelector(".plot");
    expect(await page.textContent("#title")).to.equal("Lenses");
    expect(await page.textContent(".figures")).to.match(/^1Views1Viewers/);
    const hot = await page.$$eval(".heat rect", (cells) => cells.map((cell) => Number((cell as SVGRectElement).style.fillOpacity) > 0));
    expect(hot).to.deep.equal((await usageOf()).heat?.map((times) => times > 0));
    await page.focus(".plot");
    await page.keyboard.press("End");
    await page.keyboard.press("Home");
    expect(await page.getAttribute(".plot", "aria-valuetext")).to.match(/^0:00 100 % watch, played/);
    await page.waitForFunction(() => document.querySelector<HTMLElement>(".preview")?.style.backgroundImage.startsWith("url(\"data:image/jpeg") === true, null, { timeout: 60_000 });
    await page.click("[data-days='7']");
    await page.waitForFunction(() => document.querySelector("[data-days='7']")?.getAttribute("aria-pressed") === "true" && document.querySelector(".plot") !== null);
    expect(faults).to.deep.equal([]);
  });

  it("fits a telephone, in the dark too", async () => {
    const small = await (await browser.newContext({ viewport: { width: 390, height: 844 }, colorScheme: "dark" })).newPage();
    await small.goto(`${mesh.httpUrl}/usage/${id}`);
    await small.waitForSelector(".plot");
    expect(await small.evaluate(() => document.documentElement.scrollWidth)).to.equal(390);
    await small.close();
  });
});
