import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { api } from "../support/api.ts";
import { makeLecture, makeTwoLanguages } from "../support/lectures.ts";
import { startMesh } from "../support/mesh.ts";
import { openChromium } from "./chromium.ts";
import { waitForPlay } from "./playback.ts";

describe("sounds and captions on the player's page", function () {
  this.timeout(120_000);
  let dir: string;
  let mesh: Awaited<ReturnType<typeof startMesh>>;
  let browser: Browser;
  let page: Page;
  const pages: Record<string, string> = {};

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "lectern-tracks-"));
    mesh = await startMesh();
    const calls = api(mesh.httpUrl);
    for (const [name, path] of [["two", await makeTwoLanguages(join(dir, "two.mkv"))], ["plain", await makeLecture(join(dir, "plain.mp4"), { seconds: 8 })]] as const) {
      pages[name] = (await calls.post({ uploadId: (await calls.upload(path)).uploadId })).playback.page;
    }
    browser = await openChromium();
    page = await browser.newPage();
  });
  after(async () => {
    await browser?.close();
    await mesh?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it("captions are off until one is chosen, and are then shown at their time", async () => {
    await page.goto(pages["two"] ?? "");
    await waitForPlay(page, 0.5, 60_000, 0);
    expect(await page.textContent(".captions")).to.equal("CaptionsOff");
    await page.click(".captions");
    expect(await page.locator(".choice-box:has(.captions) [role=menuitemradio]").allTextContents()).to.deep.equal(["Off", "English", "Deutsch"]);
    await page.getByRole("menuitemradio", { name: "Deutsch" }).click();
    await page.waitForFunction(() => document.querySelector(".captions")?.textContent === "CaptionsDeutsch");
    await page.evaluate(() => {
      const video = document.querySelector("video") as HTMLVideoElement;
      video.pause();
      video.currentTime = 6;
    });
    await page.waitForFunction(() => [...(document.querySelector("video")?.textTracks ?? [])].some(({ mode, activeCues }) => mode === "showing" && (activeCues?.[0] as VTTCue | undefined)?.getCueAsHTML().textContent === "Guten Morgen & mehr"));
  });

  it("the sound is changed to another language", async () => {
    await page.click(".sound");
    await page.getByRole("menuitemradio", { name: "Deutsch" }).click();
    await page.waitForFunction(() => document.querySelector(".sound")?.textContent === "SoundDeutsch");
    await page.evaluate(() => document.querySelector("video")?.play());
    await waitForPlay(page, 0.5, 30_000);
  });

  it("there are no menus where there is nothing to choose", async () => {
    await page.goto(pages["plain"] ?? "");
    await waitForPlay(page, 0.5, 60_000, 0);
    expect(await page.isVisible(".captions")).to.equal(false);
    expect(await page.isVisible(".sound")).to.equal(false);
    expect(await page.isVisible(".quality")).to.equal(true);
  });
});
