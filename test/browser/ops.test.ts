/** The operations page in Chromium, over a real mesh of two nodes in two regions. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import type { NodeRow } from "../../services/operator/operator.contract.ts";
import type { QueueReport } from "../../services/scheduler/scheduler.contract.ts";
import type { VideoView } from "../../services/videos/videos.contract.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import type { LecternProcess } from "../support/lectern-process.ts";
import { makeLecture } from "../support/lectures.ts";
import { joinMesh, leaveMesh, startMesh, type Mesh } from "../support/mesh.ts";
import { openChromium } from "./chromium.ts";

describe("the operations page", function () {
  this.timeout(120_000);
  let folder: Folder;
  let mesh: Mesh;
  let other: LecternProcess;
  let browser: Browser;
  let admin: string;
  const pages: Page[] = [];
  const faults: string[] = [];

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 6, size: "320x240" });
    mesh = await startMesh({ settings: { LECTERN_ACCESS: "keys", LECTERN_REGION: "eu", LECTERN_NODE_ID: "eu-1" } });
    admin = readFileSync(join(mesh.dataDir, "admin.key"), "utf8").trim();
    other = await joinMesh(mesh, ["--region", "us", "--services", "cache,delivery", "--node-id", "us-1"]);
    browser = await openChromium();
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.context().close()));
    expect(faults.splice(0)).to.deep.equal([]);
  });
  after(async () => {
    await browser?.close();
    if (other !== undefined && other.child.signalCode === null) await leaveMesh(other); // else the last test has killed it
    await mesh?.stop();
    await folder?.remove();
  });

  const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => (await (await fetch(`${mesh.httpUrl}${path}`, { ...init, headers: { Authorization: `Bearer ${admin}`, "Content-Type": "application/json", ...init.headers } })).json()) as T;
  const stateOf = async (id: string): Promise<string | undefined> => (await ask<{ nodes: NodeRow[] }>("/v1/nodes")).nodes.find((node) => node.id === id)?.state;
  const keyFor = async (role: string): Promise<string> => (await ask<{ key: string }>("/v1/keys", { method: "POST", body: JSON.stringify({ name: role, roles: [role] }) })).key;
  async function open(key: string, { width = 1280, height = 900, hash = "" } = {}): Promise<Page> {
    const page = await (await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce" })).newPage();
    pages.push(page);
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });
    await page.goto(`${mesh.httpUrl}/ops#key=${key}`);
    if (hash !== "") await page.goto(`${mesh.httpUrl}/ops${hash}`);
    return page;
  }
  const seen = (page: Page): Promise<unknown> => page.waitForSelector('[data-id="us-1"] .load:not([hidden])');
  const chip = (page: Page, id: string, state: string): Promise<unknown> => page.waitForSelector(`.node[data-id="${id}"][data-state="${state}"]`);

  it("answers the question, and shows each region's nodes with their load", async () => {
    const page = await open(admin);
    await seen(page);
    await page.waitForSelector('#verdict[data-level="good"]');
    expect(await page.textContent("#answer")).to.match(/^No\. /);
    expect(await page.locator("#regions h3").allTextContents()).to.deep.equal(["eu", "us"]);
    expect(await page.getAttribute('[data-id="eu-1"] .load', "aria-label")).to.match(/^0 of \d+ slots for viewers/);
    expect(await page.locator(".lane").count()).to.equal(3);
    expect(await page.textContent("#figures")).to.include("Wait to play");
    expect(await page.locator(".troubles .where").allTextContents(), "one queue, one list").to.deep.equal(["", ""]);
    await page.waitForSelector(".plot canvas");
    expect(await page.textContent("#line")).to.match(/^Live · \d\d:\d\d:\d\d$/);
  });

  it("has buttons for its own region's lanes, and says where another region's are paused", async () => {
    const page = await open(admin);
    await page.waitForSelector(".lane button:not([hidden])");
    expect(await page.locator(".lane .elsewhere:not([hidden])").count()).to.equal(0);
    const said = await page.evaluate(async (path) => {
      const { openQueues } = (await import(path)) as { openQueues(parent: Element, mayOperate: boolean): (queues: object[], steps: object[]) => void };
      const box = document.createElement("div");
      openQueues(box, true)([{ region: "us", own: false, lanes: { bulk: { waiting: 0, active: 0, failed: 0, paused: false } }, tenants: [] }], []);
      return [box.querySelector(".elsewhere:not([hidden])")?.textContent, box.querySelectorAll("button:not([hidden])").length];
    }, `${mesh.httpUrl}/assets/ops-queues.js`);
    expect(said).to.deep.equal(["Pause it on this page of a gateway in us.", 0]);
    const where = await page.evaluate(async (path) => {
      const { showWhere } = (await import(path)) as { showWhere(queues: object[]): void };
      showWhere([{ region: "us", own: false }, { region: "eu", own: true }]);
      return [...document.querySelectorAll(".troubles .where")].map(({ textContent }) => textContent);
    }, `${mesh.httpUrl}/assets/ops-troubles.js`);
    expect(where).to.deep.equal(["of eu only", "of eu only"]);
  });

  it("says Resolved of what was resolved, and of what was refused why", async () => {
    const page = await open(admin);
    await seen(page);
    const said = await page.evaluate(async (path) => {
      const { openErrors } = (await import(path)) as { openErrors(mayOperate: boolean, onFault: (fault: string) => void): () => Promise<void> };
      const [real, faults] = [globalThis.fetch, [] as string[]];
      let refused = true;
      globalThis.fetch = (url) => Promise.resolve(String(url).endsWith("/resolve")
        ? Response.json({ detail: "You may not." }, { status: refused ? 403 : 200 })
        : Response.json({ errors: [{ id: "e1", state: "open", message: "It broke.", code: "internal", service: "cache", lastHour: 1, lastSeen: new Date().toISOString() }] }));
      try {
        await openErrors(true, (fault) => { faults.push(fault); })();
        const button = [...document.querySelectorAll("#errors button")].find(({ textContent }) => textContent === "Resolve") as HTMLButtonElement;
        const press = async (): Promise<string> => {
          button.click();
          while (button.disabled) await new Promise((resolve) => { setTimeout(resolve, 10); });
          return button.textContent;
        };
        const first = await press();
        refused = false;
        return [first, await press(), ...faults];
      } finally {
        globalThis.fetch = real;
      }
    }, `${mesh.httpUrl}/assets/ops-troubles.js`);
    expect(said).to.deep.equal(["Resolve", "Resolved", "You may not."]);
  });

  it("drains a node after asking, shows it drained, and gives it work again", async () => {
    const page = await open(admin);
    await seen(page);
    await page.click('[aria-label="Drain us-1"]');
    expect(await page.textContent("#confirm-title")).to.equal("Drain us-1?");
    await page.click('#confirm [value="no"]');
    expect(await stateOf("us-1")).to.equal("active");
    await page.click('[aria-label="Drain us-1"]');
    await page.click("#confirm-yes");
    await chip(page, "us-1", "drained");
    expect(await stateOf("us-1")).to.equal("drained");
    expect(await page.textContent('[data-id="us-1"]')).to.include("An operator drains it.");
    await page.waitForSelector('#verdict[data-level="warning"]'); // no node of us takes work
    await page.click('[aria-label="Give work to us-1"]');
    await page.click("#confirm-yes");
    await chip(page, "us-1", "active");
    expect(await stateOf("us-1")).to.equal("active");
  });

  it("pauses a lane and lets it go on", async () => {
    const page = await open(admin);
    await seen(page);
    await page.click('[aria-label="Pause lane bulk"]');
    await page.click("#confirm-yes");
    await page.waitForSelector('[aria-label="Resume lane bulk"]');
    expect((await ask<QueueReport>("/v1/queue")).lanes.bulk.paused).to.equal(true);
    expect(await page.textContent("#causes, #answer")).to.match(/lane bulk is paused/i);
    await page.click('[aria-label="Resume lane bulk"]');
    await page.click("#confirm-yes");
    await page.waitForSelector('[aria-label="Pause lane bulk"]');
    expect((await ask<QueueReport>("/v1/queue")).lanes.bulk.paused).to.equal(false);
  });

  it("says of a video where its time went, and that there is none where there is none", async () => {
    const { uploadId } = await ask<{ uploadId: string }>("/v1/uploads", { method: "POST", body: readFileSync(folder.path("lecture.mp4")), headers: { "Content-Type": "application/octet-stream" } });
    const { id } = await ask<VideoView>("/v1/videos", { method: "POST", body: JSON.stringify({ uploadId, policy: "eager" }) });
    await eventually(async () => (await ask<VideoView>(`/v1/videos/${id}`)).status === "complete");
    const page = await open(admin);
    await seen(page);
    await page.fill("#why-id", `${mesh.httpUrl}/watch/${id}`);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#why-answer .timeline span");
    expect(await page.textContent(".story-sentence")).to.match(/^\d+ % /);
    expect(await page.locator(".steps li").first().textContent()).to.include("submitted");
    expect(await page.textContent("#why-answer")).to.include("complete");
    for (const wrong of ["lecture", "0".repeat(26)]) {
      await page.fill("#why-id", wrong);
      await page.click("#ask-why button");
      await page.waitForSelector("#why-fault:not([hidden])");
    }
    expect(await page.textContent("#why-fault")).to.equal("There is no such video.");
    faults.splice(0); // the browser itself notes the 404
  });

  it("lets an auditor look and order nothing, and nobody else in", async () => {
    const auditor = await open(await keyFor("auditor"));
    await seen(auditor);
    expect(await auditor.locator(".tiny").count()).to.equal(0);
    const viewer = await open(await keyFor("viewer"));
    await viewer.waitForSelector("#key:not([hidden])");
    expect(await viewer.textContent("#fault")).to.include("may not watch the mesh");
    expect(await viewer.isVisible("#board")).to.equal(false);
    await viewer.goto(`${mesh.httpUrl}/`);
    await viewer.waitForSelector("#no-videos, #videos li");
    expect(await viewer.isVisible("#to-ops")).to.equal(false);
    await auditor.goto(`${mesh.httpUrl}/`);
    await auditor.waitForSelector("#to-ops:not([hidden])");
  });

  it("fits on a phone", async () => {
    const page = await open(admin, { width: 390, height: 844 });
    await seen(page);
    await page.waitForSelector(".plot canvas");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.equal(390);
    const small = await page.evaluate(() => [...document.querySelectorAll("button")].filter((button) => button.offsetParent !== null && button.offsetHeight < 24).map((button) => button.textContent));
    expect(small, "WCAG 2.2 wants 24 px of what is touched").to.deep.equal([]);
  });

  it("says that it is cut off, never shows what is old as new, and comes back", async () => {
    const page = await open(admin);
    await seen(page);
    process.kill(mesh.nodePid(), "SIGSTOP"); // the line stands, and nothing comes
    try {
      await page.waitForSelector('#verdict[data-level="unknown"]');
      expect(await page.textContent("#line")).to.match(/^Not connected since \d\d:\d\d:\d\d/);
      expect(await page.textContent("#answer")).to.match(/^Unknown: not connected since .* is old\.$/);
      expect(await page.getAttribute("#board", "class")).to.include("old");
      expect(await page.title()).to.include("Not connected");
    } finally {
      process.kill(mesh.nodePid(), "SIGCONT");
    }
    await page.waitForSelector('#verdict:not([data-level="unknown"])');
    expect(await page.textContent("#line")).to.match(/^Live/);
    faults.splice(0); // the browser itself notes what it could not reach
  });

  it("shows within seconds that a node is gone", async () => {
    const page = await open(admin);
    await seen(page);
    other.child.kill("SIGKILL");
    await chip(page, "us-1", "away");
    expect(await page.textContent('[data-id="us-1"]')).to.include("It went without a word.");
    await page.waitForSelector('#verdict[data-level="warning"]');
  });
});
