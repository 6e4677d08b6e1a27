/** A file's way from the page when the connection doesn't hold. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { startBreakingProxy, type BreakingProxy } from "../support/breaking-proxy.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { openChromium } from "./chromium.ts";
import { findLecture, type Lecture } from "./lecture.ts";
import { seekTo, waitForPlay } from "./playback.ts";

describe("an upload in the browser", function () {
  this.timeout(120_000);
  let mesh: Mesh;
  let proxy: BreakingProxy;
  let browser: Browser;
  let page: Page;
  let dir: string;
  let lecture: Lecture;
  let size: number;
  let offsets: number[];

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "lectern-browser-"));
    lecture = findLecture(dir);
    ({ size } = await stat(lecture.path));
    mesh = await startMesh();
    proxy = await startBreakingProxy(mesh.httpUrl);
    browser = await openChromium();
  });
  after(async () => {
    await browser?.close();
    await proxy?.stop();
    await mesh?.stop();
    await rm(dir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    page = await browser.newPage();
    offsets = [];
    page.on("request", (request) => {
      if (request.method() === "PATCH") offsets.push(Number(request.headers()["upload-offset"]));
    });
    await page.goto(proxy.endpoint);
  });
  afterEach(() => page.close());

  const sent = (): Promise<void> => page.locator("#upload").waitFor({ state: "hidden", timeout: 60_000 });
  /** On a slow disk a request may come between that is refused, because what was cut is still being kept. */
  const expectResumed = (): void => {
    expect(offsets[0]).to.equal(0);
    expect(offsets.slice(1)).to.satisfy((later: number[]) => later.length > 0 && later.every((offset) => offset > 0), String(offsets));
    expect(offsets.at(-1)).to.be.within(size / 2 - 100_000, size / 2 + 100_000);
  };

  it("goes on by itself where it was cut, and plays", async () => {
    proxy.cutSent = { after: size / 2, away: false };
    await page.setInputFiles("#file", lecture.path);
    await waitForPlay(page, 2, 60_000, 0);
    await sent();
    expect(proxy.cuts).to.equal(1);
    expectResumed();
  });

  it("goes on where it was after the page was left, when the same file is chosen again", async () => {
    proxy.cutSent = { after: size / 2, away: true };
    await page.setInputFiles("#file", lecture.path);
    await page.getByText("Waiting for the connection").waitFor();
    await page.goto("about:blank");
    proxy.away = false;
    await page.goto(proxy.endpoint);
    await page.setInputFiles("#file", lecture.path);
    await waitForPlay(page, 2, 60_000, 0);
    await sent();
    expectResumed();
  });

  it("asks again how far it was, and does not begin anew, when the server is in trouble just then", async () => {
    let asked = 0;
    let begun = 0;
    page.on("request", (request) => { if (request.method() === "HEAD" && request.url().includes("/tus/")) asked++; });
    page.on("request", (request) => { if (request.method() === "POST" && request.url().endsWith("/tus")) begun++; });
    proxy.instead = { request: "HEAD /v1/uploads/tus/", answer: "HTTP/1.1 503 Service Unavailable\r\nTus-Resumable: 1.0.0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" };
    proxy.cutSent = { after: size / 2, away: false };
    await page.setInputFiles("#file", lecture.path);
    await waitForPlay(page, 2, 60_000, 0);
    await sent();
    expect(proxy.instead).to.equal(undefined);
    expect(asked).to.be.at.least(2);
    expect(begun).to.equal(1);
    expectResumed();
  });

  it("plays while it is still being sent, and goes on when that has come to its end", async () => {
    let release: (() => void) | undefined;
    const letGo = (): void => release?.();
    // The rest of the file comes when what there is of it has been watched.
    proxy.cutSent = { after: size / 2, away: false, atCut: () => { release = proxy.holdSent(100_000); } };
    await page.setInputFiles("#file", lecture.path);
    await waitForPlay(page, 2, 60_000, 0).finally(letGo);
    expect(await page.locator("#upload").isVisible()).to.equal(true);
    await sent();
    await waitForPlay(page, 2, 30_000, await seekTo(page, 0.9));
  });

  it("says why when the server has no room, and does not go on trying", async () => {
    const problem = JSON.stringify({ detail: "The object store is full." });
    proxy.instead = { request: "PATCH /v1/uploads/tus/", answer: `HTTP/1.1 507 Insufficient Storage\r\nContent-Type: application/problem+json\r\nConnection: close\r\nContent-Length: ${problem.length}\r\n\r\n${problem}` };
    await page.setInputFiles("#file", lecture.path);
    await page.getByText("The object store is full.").waitFor({ timeout: 50_000 });
    expect(offsets).to.deep.equal([0]);
  });

  it("that is cancelled leaves nothing on the server", async () => {
    const removed = page.waitForResponse((answer) => answer.request().method() === "DELETE");
    proxy.cutSent = { after: size / 2, away: true };
    await page.setInputFiles("#file", lecture.path);
    await page.getByText("Waiting for the connection").waitFor();
    proxy.away = false;
    await page.click("#upload-cancel");
    expect((await removed).status()).to.equal(204);
    await page.locator("#upload").waitFor({ state: "hidden" });
    expect(await page.locator("#ask-error").isVisible()).to.equal(false);
    await page.locator("#now").waitFor({ state: "hidden" });
  });
});
