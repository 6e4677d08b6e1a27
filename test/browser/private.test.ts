import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { openHistory, type History } from "../support/history.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { openChromium } from "./chromium.ts";
import { seekTo, stallsOf, waitForPlay, watchStalls } from "./playback.ts";

describe("a private video in the browser", function () {
  this.timeout(120_000);
  let folder: Folder;
  let mesh: Mesh;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let key: string;
  let id: string;
  let shared: string;
  let asked: History<string>;
  const tokens = (): string[] => [...new Set(asked.all.map((url) => /\/~([\w-]{56})\//.exec(url)?.[1]).filter((token) => token !== undefined))];

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 90, size: "320x240" });
    mesh = await startMesh({ settings: { LECTERN_ACCESS: "keys", LECTERN_LOG_LEVEL: "trace" } });
    key = readFileSync(join(mesh.dataDir, "admin.key"), "utf8").trim();
    browser = await openChromium();
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    await watchStalls(page);
    asked = openHistory();
    page.on("request", (request) => asked.add(`${request.method()} ${request.url()}`));
  });
  after(async () => {
    await browser?.close();
    await mesh?.stop();
    await folder?.remove();
  });

  it("is posted as such, and plays on the start page by a link that is renewed without a stall", async () => {
    // The shortest life that there is, so that the test need not last an hour.
    await page.route("**/links", (route) => route.continue({ postData: JSON.stringify({ ...(route.request().postDataJSON() as object), expiresInSec: 10 }) }));
    await page.goto(`${mesh.httpUrl}/#key=${key}`);
    await page.waitForSelector("#private");
    await page.check("#private");
    const posted = page.waitForResponse((answer) => answer.request().method() === "POST" && answer.url().endsWith("/v1/videos"));
    await page.setInputFiles("#file", folder.path("lecture.mp4"));
    const video = (await (await posted).json()) as { id: string; visibility: string };
    expect(video.visibility).to.equal("private");
    id = video.id;
    await waitForPlay(page, 1, 60_000, 0);
    const links = (): number => asked.all.filter((line) => line.startsWith("POST") && line.endsWith("/links")).length;
    await asked.until(() => links() >= 2);
    await asked.until(() => tokens().length >= 2); // what is asked for goes by the new one
    await waitForPlay(page, 2, 30_000, await seekTo(page, 0.8));
    expect((await stallsOf(page)).stalls).to.equal(0);
    const plain = asked.all.filter((url) => url.includes(`/play/${id}/`) || url.includes(`/v1/videos/${id}/events`));
    expect(plain).to.deep.equal([]);
  });

  it("shows a lock, and is shared by a link", async () => {
    await page.unroute("**/links");
    await page.waitForSelector("h1.title.private");
    await page.waitForSelector("#videos .name.private");
    await page.click(".share");
    await page.getByRole("menuitemradio", { name: "For a day" }).click();
    await page.waitForSelector(".shared input:visible");
    shared = await page.inputValue(".shared input");
    expect(shared).to.match(new RegExp(`^${mesh.httpUrl}/watch/~[\\w-]{56}/${id}$`));
  });

  it("plays on its own page for who has a key", async () => {
    const watch = await context.newPage();
    await watch.goto(`${mesh.httpUrl}/watch/${id}`);
    await waitForPlay(watch, 1, 60_000, 0);
    await watch.close();
  });

  it("plays through the link for a stranger, without whom it is as if there were none", async () => {
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(shared);
    await waitForPlay(stranger, 1, 60_000, 0);
    await waitForPlay(stranger, 1, 60_000, await seekTo(stranger, 0.6));
    expect(await stranger.isVisible(".share")).to.equal(false);
    await stranger.goto(`${mesh.httpUrl}/watch/${id}`);
    await stranger.waitForSelector(".fault:visible");
    expect(await stranger.textContent(".fault")).to.include("There is no such video");
    expect(await stranger.textContent("h1.title")).to.not.include("lecture");
    expect(await stranger.evaluate(async (path) => (await fetch(path)).status, `/play/${id}/master.m3u8`)).to.equal(404);
  });

  it("says to whom the link was good that it has ended", async () => {
    expect((await fetch(`${mesh.httpUrl}/v1/videos/${id}/links`, { method: "DELETE", headers: { Authorization: `Bearer ${key}` } })).status).to.equal(204);
    const stranger = await (await browser.newContext()).newPage();
    for (const url of [shared, shared.replace(/~.{8}/, "~AAAAAAAA")]) {
      await stranger.goto(url);
      await stranger.waitForSelector(".fault:visible");
      expect(await stranger.textContent(".fault"), url).to.include("The link has ended");
    }
  });

  it("left no token in the log of its node, whatever went wrong", async () => {
    const all = [...tokens(), /~([\w-]{56})/.exec(shared)?.[1] ?? ""];
    const token = all.at(-1) ?? "";
    for (const path of [`/play/~${token}/${id}/nothing`, `/play/%7e${token}/${id}/master.m3u8`, `/~${token}`, `/play/~${token}x/${id}/master.m3u8`, `/v1/videos/~${token}/${id}/clip?start=1&end=x`, `/play/~${token}/${id}/360p/99999.m4s`]) await fetch(mesh.httpUrl + path);
    expect(mesh.nodeLog()).to.include(id);
    expect(all.length).to.be.greaterThan(2);
    for (const one of all) expect(mesh.nodeLog().includes(one), one).to.equal(false);
    for (const [name, answer] of Object.entries({ metrics: "/metrics", events: `/v1/videos/${id}/events`, state: `/v1/videos/${id}` })) {
      const { body, ok } = await fetch(mesh.httpUrl + answer, { headers: { Authorization: `Bearer ${key}` } });
      expect(ok, name).to.equal(true);
      const reader = body?.getReader();
      const text = new TextDecoder().decode((await reader?.read())?.value);
      await reader?.cancel();
      for (const one of all) expect(text.includes(one), name).to.equal(false);
    }
  });
});
