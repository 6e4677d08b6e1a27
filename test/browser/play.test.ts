import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { startMesh } from "../support/mesh.ts";
import { openChromium } from "./chromium.ts";
import { findLecture, type Lecture } from "./lecture.ts";
import { heightPlaying, seekTo, stallsOf, waitForPlay, watchStalls } from "./playback.ts";

describe("a lecture in the browser", function () {
  this.timeout(180_000);
  let mesh: Awaited<ReturnType<typeof startMesh>>;
  let browser: Browser;
  let page: Page;
  let dir: string;
  let lecture: Lecture;
  const faults: string[] = [];

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "lectern-browser-"));
    lecture = findLecture(dir);
    console.log(`      plays ${lecture.origin}`);
    mesh = await startMesh();
    browser = await openChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on("pageerror", (error) => faults.push(error.message));
    await watchStalls(page);
  });
  after(async () => {
    await browser?.close();
    await mesh?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it("plays at once on the start page when its file is chosen, without a stall", async () => {
    await page.goto(mesh.httpUrl);
    const accepted = page.waitForResponse((answer) => answer.request().method() === "POST" && answer.url().endsWith("/v1/videos"));
    await page.setInputFiles("#file", lecture.path);
    expect((await accepted).status()).to.equal(202);
    const acceptedAt = await page.evaluate(() => performance.now());
    await waitForPlay(page, 3, 60_000, 0);
    const { stalls, stalledMs, startedAt } = await stallsOf(page);
    console.log(`      first frame ${Math.round((startedAt ?? 0) - acceptedAt)} ms after the answer to the post; ${stalls} stalls, ${Math.round(stalledMs)} ms`);
    expect(stalledMs).to.be.below(500);
    expect(stalls).to.be.at.most(1);
  });

  it("says how it is doing, and nothing of who watches what", async () => {
    const asked = page.waitForRequest((request) => /\/play\/.*\.m4s/.test(request.url()));
    await seekTo(page, 0.6);
    const said = Object.entries((await asked).headers()).filter(([name]) => name.startsWith("cmcd-")).map(([, value]) => value).join(",");
    expect(said).to.contain("sf=h").and.to.match(/\bbr=\d+/).and.not.match(/\b[sc]id=/);
    expect(await (await fetch(`${mesh.httpUrl}/metrics`)).text()).to.match(/lectern_cmcd_requests_total\{format="hls"\} [1-9]/);
  });

  it("shows how far the preparation has come", async () => {
    await page.waitForFunction(() => /plays|prepared/i.test(document.querySelector(".stage")?.textContent ?? ""));
  });

  it("plays where it is sought", async () => {
    const at = await seekTo(page, 0.8);
    expect(at).to.be.above(30);
    await waitForPlay(page, 2, 30_000, at);
  });

  it("switches to 360p by its quality menu and goes on playing", async () => {
    await waitForPlay(page, 1, 30_000, await seekTo(page, 0.3)); // far from the end, so that there is something left to switch
    await page.click(".quality");
    await page.getByRole("menuitemradio", { name: /^360p/ }).click();
    await page.waitForFunction(() => (globalThis as { lectern?: { video: HTMLVideoElement } }).lectern?.video.videoHeight === 360, null, { timeout: 30_000 });
    await waitForPlay(page, 2, 30_000);
    expect(await heightPlaying(page)).to.equal(360);
    expect(await page.textContent(".quality")).to.contain("360p");
  });

  it("is driven by the keyboard", async () => {
    await page.evaluate(() => { if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); });
    const state = () => page.evaluate(() => {
      const video = document.querySelector("video");
      return { paused: video?.paused, muted: video?.muted, at: video?.currentTime ?? -1, duration: video?.duration ?? -1 };
    });
    await page.keyboard.press("k");
    expect((await state()).paused).to.equal(true);
    const { at } = await state();
    await page.keyboard.press("ArrowLeft");
    expect((await state()).at).to.be.closeTo(at - 5, 0.2);
    await page.keyboard.press("l");
    expect((await state()).at).to.be.closeTo(at + 5, 0.2);
    await page.keyboard.press("1");
    expect((await state()).at).to.be.closeTo((await state()).duration / 10, 0.2);
    await page.keyboard.press("m");
    expect((await state()).muted).to.equal(true);
    await page.keyboard.press(" ");
    expect((await state()).paused).to.equal(false);
  });

  it("is in the list, and plays on its own page", async () => {
    await page.goto(mesh.httpUrl);
    await page.locator("#videos a").first().click();
    await page.waitForURL(/\/watch\/[0-9a-z]{26}$/);
    await waitForPlay(page, 1, 60_000, 0);
  });

  it("left no error in the page", () => {
    expect(faults).to.deep.equal([]);
  });
});
