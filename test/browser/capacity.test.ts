/** The page of capacity in Chromium, on a desk and on a phone, over a gateway with a staged region. */
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { makeOutlook } from "../../services/capacity/desired/outlook.ts";
import { planRegion } from "../../services/capacity/desired/plan-region.ts";
import { openLocalTime } from "../../services/capacity/forecast/local-time.ts";
import type { Context } from "moleculer";
import { startGatewayMesh, type GatewayMesh } from "../services/gateway-mesh.ts";
import { DAY_MS, HOUR_MS, makeSlots, MONDAY } from "../unit/services/capacity/made-weeks.ts";
import { openChromium } from "./chromium.ts";

const NOW = MONDAY + 29 * DAY_MS + 9.9 * HOUR_MS;

describe("the page of capacity", function () {
  this.timeout(60_000);
  let mesh: GatewayMesh;
  let browser: Browser;

  before(async () => {
    mesh = await startGatewayMesh();
    const slots = makeSlots(MONDAY, NOW);
    const { outlook } = makeOutlook({
      region: "eu", now: NOW, local: openLocalTime("UTC"), slots, lectures: [], sizing: { targetUse: 0.6, min: 1, max: 50 }, slotsEach: 4, leadMs: 300_000, wishes: [],
      look: { play: 1, background: 0, cpu: 1, slots: 8, transcoders: 2, queued: { play: 0, normal: 0, bulk: 0 } },
    });
    mesh.broker.createService({ name: "capacity", actions: {
      list: () => ({ regions: [outlook], missing: ["us"] }),
      plan: ({ params: { factor } }: Context<{ factor: number }>) => ({ factor, regions: [planRegion(outlook, slots, factor, { targetUse: 0.6, slotsEach: 4 })], missing: ["us"] }),
    } });
    await mesh.broker.waitForServices("capacity");
    browser = await openChromium();
  });
  after(async () => {
    await browser?.close();
    await mesh?.stop();
  });

  async function open(width: number, scheme: "light" | "dark" = "light"): Promise<{ page: Page; faults: string[] }> {
    const page = await (await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme })).newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });
    await page.goto(`${mesh.url}/capacity`);
    await page.waitForSelector("#plan tbody tr");
    return { page, faults };
  }
  const planned = (page: Page): Promise<number[]> => page.$$eval("#plan tbody tr td", (cells) => cells.map(({ textContent }) => Number(textContent)));

  it("says how many transcoders a region needs, why, and draws the day that was and the one to come", async () => {
    const { page, faults } = await open(1_180);
    expect(await page.textContent(".region h2")).to.match(/^eu: [5-7] transcoders$/);
    expect(await page.textContent(".region p")).to.match(/slots of viewers' encodes are expected in eu about/);
    expect(await page.textContent("#regions > p")).to.equal("us does not answer.");
    for (const name of ["past", "middle", "band", "room"]) {
      const box = await page.locator(`.curve .${name}`).boundingBox();
      expect(box?.width, name).to.be.greaterThan(200);
    }
    expect(faults).to.deep.equal([]);
    await page.context().close();
  });

  it("says what more users would need, as the slider is moved by the keyboard", async () => {
    const { page, faults } = await open(1_180);
    const [today = 0, grown = 0, same = 0] = await planned(page);
    expect(grown).to.be.within(9 * today, 10 * today);
    expect(same).to.be.within(today, grown);
    await page.focus("#factor");
    await page.keyboard.press("End");
    await page.waitForFunction((before) => Number(document.querySelector("#plan tbody td:nth-of-type(2)")?.textContent) > 5 * before, grown);
    expect(await page.textContent("#times")).to.equal("100");
    expect(faults).to.deep.equal([]);
    await page.context().close();
  });

  it("fits a phone, in the dark, too", async () => {
    const { page, faults } = await open(360, "dark");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.be.at.most(360);
    expect((await page.locator(".curve").boundingBox())?.width).to.be.within(250, 360);
    const [paper, ink] = await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color].map((colour) => Number(/\d+/.exec(colour)?.[0])));
    expect(paper).to.be.lessThan(ink ?? 0);
    expect(faults).to.deep.equal([]);
    await page.context().close();
  });
});
