/** The page of capacity in Chromium, on a desk and on a phone, over a gateway with a staged region. */
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { makeOutlook } from "../../services/capacity/desired/outlook.ts";
import { planRegion } from "../../services/capacity/desired/plan-region.ts";
import { planNeeds } from "../../services/capacity/plan/plan-needs.ts";
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
    const slots = makeSlots(MONDAY, NOW).map((slot) => ({ ...slot, bytes: { sent: 2_000_000 * slot.play, stored: 20_000 * slot.play, fetched: 10_000 * slot.play, gateways: 1 } }));
    const counts = [{ at: NOW - DAY_MS, bytes: 3e12, objects: 1_200_000 }];
    const prices = { currency: "EUR", of: { "transcoder-hour": 0.2, "egress-gb": 0.05, "stored-gb-month": 0.02 } };
    const { outlook } = makeOutlook({
      region: "eu", now: NOW, local: openLocalTime("UTC"), slots, lectures: [], sizing: { targetUse: 0.6, min: 1, max: 50 }, slotsEach: 4, leadMs: 300_000, wishes: [],
      look: { play: 1, background: 0, cpu: 1, slots: 8, transcoders: 2, queued: { play: 0, normal: 0, bulk: 0 }, bytes: { sent: 2_000_000, stored: 0, fetched: 0, gateways: 1 } },
    });
    mesh.broker.createService({ name: "capacity", actions: {
      list: () => ({ regions: [outlook], missing: ["us"] }),
      plan({ params: { factor, videos } }: Context<{ factor: number; videos: number }>) {
        const needs = planNeeds({ outlook, slots, counts, times: { users: factor, videos }, sizing: { targetUse: 0.6, min: 1, slotsEach: 4 }, gatewayMbps: 1_000, prices });
        const { region, ...older } = planRegion(outlook, slots, factor, { targetUse: 0.6, slotsEach: 4 });
        return { factor, videos, regions: [{ region, ...older, needs }, { region: "asia", ...older }], missing: ["us"] };
      },
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
    await page.waitForSelector("#plan .needs");
    return { page, faults };
  }
  /** Of a row today, and then: how long its bars are, and what stands beside them. */
  const row = (page: Page, need: string): Promise<{ bars: number[]; figures: string[] }> => page.locator(`[data-region=eu] [data-need="${need}"]`).evaluate((node) => ({
    bars: [...node.querySelectorAll(".bar")].map((bar) => bar.getBoundingClientRect().width), figures: [...node.querySelectorAll(".figure")].map(({ textContent }) => textContent ?? ""),
  }));

  it("says how many transcoders a region needs, why, and draws the day that was and the one to come", async () => {
    const { page, faults } = await open(1_180);
    expect(await page.textContent(".region h2")).to.match(/^eu: [5-7] transcoders$/);
    expect(await page.textContent(".region p")).to.match(/slots of viewers' encodes are expected in eu about/);
    expect(await page.textContent("#regions > p")).to.equal("us does not answer.");
    for (const name of ["past", "middle", "band", "room", "sent"]) {
      const box = await page.locator(`.curve .${name}`).boundingBox();
      expect(box?.width, name).to.be.greaterThan(200);
    }
    expect(faults).to.deep.equal([]);
    await page.context().close();
  });

  it("draws what more users would take as bars beside today's, as the slider is moved by the keyboard", async () => {
    const { page, faults } = await open(1_180);
    const { bars: [today = 0, then = 0], figures } = await row(page, "Sent a month");
    expect(then / today).to.be.closeTo(10, 0.5);
    expect(figures).to.deep.equal(["6.7 TB", "67 TB"]);
    expect((await row(page, "Transcoders at the busiest")).figures[0]).to.match(/^[5-9]$/);
    await page.focus("#factor");
    await page.keyboard.press("End");
    await page.waitForFunction(() => /^67\d TB$/.test(document.querySelector('[data-need="Sent a month"] .figure:last-child')?.textContent ?? ""));
    expect(await page.textContent("#times")).to.equal("100");
    expect(faults).to.deep.equal([]);
    await page.context().close();
  });

  it("says that stored bytes grow with videos, and follows the slider of videos alone", async () => {
    const { page } = await open(1_180);
    const name = "Stored, more each month";
    expect(await page.textContent(`[data-need="${name}"] p`)).to.equal(`${name} grows with videos and first watches, not with viewers`);
    const [before, sent] = [await row(page, name), await row(page, "Sent a month")];
    expect((before.bars[1] ?? 0) / (before.bars[0] ?? 1)).to.be.within(3.5, 4.5); // ten times the users, the same videos
    await page.focus("#videos");
    await page.keyboard.press("End");
    await page.waitForFunction((was) => document.querySelector('[data-need="Stored, more each month"] .figure:last-child')?.textContent !== was, before.figures[1]);
    expect((await row(page, "Sent a month")).figures).to.deep.equal(sent.figures);
    await page.context().close();
  });

  it("shows the money by the prices that are set, and says what has none", async () => {
    const { page, faults } = await open(1_180);
    const money = page.locator("[data-region=eu] .money");
    const parts = await money.locator(".stack").nth(1).locator("span").evaluateAll((nodes) => nodes.map((node) => [node.className, Math.round(node.getBoundingClientRect().width)] as const));
    expect(parts.map(([name]) => name)).to.deep.equal(["of-transcoders", "of-egress", "of-stored"]);
    for (const [name, width] of parts) expect(width, name).to.be.greaterThan(0);
    expect(await money.locator(".figure").first().textContent()).to.match(/^€\d/);
    expect(await money.textContent()).to.include("for no price is set or it is not known: gateways, fetched.");
    expect(await page.textContent("#plan [data-region=asia] p")).to.match(/^Its nodes are of an older version: [5-9] transcoders/);
    expect(faults).to.deep.equal([]);
    await page.context().close();
  });

  it("fits a phone, in the dark, too", async () => {
    const { page, faults } = await open(360, "dark");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).to.be.at.most(360);
    expect((await page.locator(".curve").first().boundingBox())?.width).to.be.within(250, 360);
    for (const bar of await page.locator("#plan .figure").all()) expect(await bar.evaluate((node) => node.getBoundingClientRect().right)).to.be.at.most(345);
    const [paper, ink] = await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color].map((colour) => Number(/\d+/.exec(colour)?.[0])));
    expect(paper).to.be.lessThan(ink ?? 0);
    expect(faults).to.deep.equal([]);
    await page.context().close();
  });
});
