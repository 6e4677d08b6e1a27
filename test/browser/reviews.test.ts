/** The page of reviews in Chromium, by keyboard alone, as an operator and as who may only look. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import type { VideoView } from "../../services/videos/videos.contract.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { openChromium } from "./chromium.ts";


describe("the page of reviews", function () {
  this.timeout(180_000);
  let folder: Folder;
  let mesh: Mesh;
  let browser: Browser;
  let admin: string;
  const ids: string[] = [];

  before(async () => {
    folder = await openFolder();
    mesh = await startMesh({ settings: { LECTERN_ACCESS: "keys" } });
    admin = readFileSync(join(mesh.dataDir, "admin.key"), "utf8").trim();
    for (const hue of [0, 120]) {
      const path = folder.path(`flashing-${hue}.mp4`);
      await run("ffmpeg", ["-y", "-f", "lavfi", "-i", `testsrc2=size=640x360:rate=25,hue=h=${hue},drawbox=w=iw:h=ih:t=fill:color=white:enable='gte(t,2)*lte(t,4)*lt(mod(t,0.16),0.08)'`, "-f", "lavfi", "-i", "sine", "-t", "6", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", path]);
      ids.push(await post(path, `Experiment ${hue}`));
    }
    for (const id of ids) await eventually(async () => (await get(id)).screening?.verdict === "review");
    browser = await openChromium();
  });
  after(async () => {
    await browser?.close();
    await mesh?.stop();
    await folder?.remove();
  });

  const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => (await (await fetch(`${mesh.httpUrl}${path}`, { ...init, headers: { Authorization: `Bearer ${admin}`, "Content-Type": "application/json", ...init.headers } })).json()) as T;
  const get = (id: string): Promise<VideoView> => ask(`/v1/videos/${id}`);
  async function post(path: string, title: string): Promise<string> {
    const { uploadId } = await ask<{ uploadId: string }>("/v1/uploads", { method: "POST", body: readFileSync(path), headers: { "Content-Type": "application/octet-stream" } });
    return (await ask<VideoView>("/v1/videos", { method: "POST", body: JSON.stringify({ uploadId, title, policy: "lazy" }) })).id;
  }
  async function open(key: string): Promise<{ page: Page; faults: string[] }> {
    const page = await (await browser.newContext({ viewport: { width: 1180, height: 860 } })).newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });
    await page.goto(`${mesh.httpUrl}/reviews#key=${key}`);
    await page.waitForSelector("#queue button");
    return { page, faults };
  }
  const whenShown = (page: Page): Promise<unknown> => page.waitForFunction(() => [...document.querySelectorAll<HTMLImageElement>(".evidence img")].length > 1 && [...document.querySelectorAll<HTMLImageElement>(".evidence img")].every((image) => image.complete && image.naturalWidth > 0));

  it("shows an auditor what was found, and no buttons", async () => {
    const { key } = await ask<{ key: string }>("/v1/keys", { method: "POST", body: JSON.stringify({ name: "auditor", roles: ["auditor"] }) });
    const { page, faults } = await open(key);
    await whenShown(page);
    expect(await page.textContent(".findings")).to.match(/flashes/i);
    expect(await page.locator("#pass, #block").count()).to.equal(0);
    expect(faults).to.deep.equal([]);
    await page.close();
  });

  it("lets an operator decide by keyboard, with a note, one after the other", async () => {
    const { page, faults } = await open(admin);
    await whenShown(page);
    const first = await page.getAttribute("#queue [aria-current]", "data-id") ?? "";
    const second = ids.find((id) => id !== first) ?? "";
    await page.keyboard.press("n");
    await page.keyboard.type("pbn: seen"); // letters of a note order nothing
    await page.keyboard.press("Escape");
    await page.keyboard.press("b");
    expect((await get(first)).screening?.verdict).to.equal("review");
    await page.keyboard.press("Enter");
    await page.waitForFunction((id) => document.querySelector("#queue [aria-current]")?.getAttribute("data-id") === id, second);
    expect((await get(first)).screening).to.include({ verdict: "block", reviewed: true });
    expect((await ask<{ decision: { note: string } }>(`/v1/reviews/${first}`)).decision.note).to.equal("pbn: seen");
    await page.waitForSelector("#pass");
    await page.keyboard.press("p");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#none", { state: "visible" });
    expect((await get(second)).screening).to.include({ verdict: "pass", public: true });
    expect(faults).to.deep.equal([]);
    await page.close();
  });

  it("asks for a key where none is known", async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${mesh.httpUrl}/reviews`);
    await page.waitForSelector("#key", { state: "visible" });
    expect(await page.isVisible("#fault")).to.equal(true);
    await page.close();
  });
});
