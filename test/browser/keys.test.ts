import { expect } from "chai";
import type { Browser } from "playwright-core";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { openChromium } from "./chromium.ts";
import { waitForPlay } from "./playback.ts";

describe("the start page of a Lectern that asks for keys", function () {
  this.timeout(90_000);
  let folder: Folder;
  let mesh: Mesh;
  let browser: Browser;
  let key: string;

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 8, size: "320x240" });
    mesh = await startMesh({ settings: { LECTERN_ACCESS: "keys" } });
    key = readFileSync(join(mesh.dataDir, "admin.key"), "utf8").trim();
    browser = await openChromium();
  });
  after(async () => {
    await browser?.close();
    await mesh?.stop();
    await folder?.remove();
  });

  it("takes the key of the link that was shown at the start, keeps it, and does not leave it in the address", async () => {
    const page = await browser.newPage();
    await page.goto(`${mesh.httpUrl}/#key=${key}`);
    await page.setInputFiles("#file", folder.path("lecture.mp4"));
    await waitForPlay(page, 1, 60_000, 0);
    expect(page.url()).to.equal(`${mesh.httpUrl}/`);
    await page.goto(mesh.httpUrl);
    await page.waitForSelector("#videos li");
    expect(await page.isVisible("#key")).to.equal(false);
    await page.close();
  });

  it("asks for one where none is known, and plays for everybody", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(mesh.httpUrl);
    await page.waitForSelector("#key", { state: "visible" });
    await page.fill("#key-text", key);
    await page.click("#key button");
    await page.waitForSelector("#videos li a");
    const watch = await page.getAttribute("#videos li a", "href");
    await context.clearCookies();
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(watch ?? "");
    await waitForPlay(stranger, 1, 60_000, 0);
  });
});
