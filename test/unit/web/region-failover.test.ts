import { expect } from "chai";

/** What the player imports; written in JavaScript, because browsers read it as it is. */
interface Failover { listed: Promise<void>; rewrite(url: string): string; check(url?: string): Promise<boolean> }
type Reach = (url: URL, init: object) => Promise<{ ok: boolean; json(): Promise<unknown> }>;
const path = "../../../web/region-failover.js";
const { regionFailover } = (await import(path)) as { regionFailover(paths: { play(name: string): string }, onMove: () => void, reach: Reach, say: (text: string) => void): Failover };
const { ROOT } = (await import("../../../web/api.js" as string)) as { ROOT: URL };

const EU = "https://eu.test/";
const ASIA = "https://asia.test/base/";
const master = (base: string): string => `${base}play/v/master.m3u8`;

/** `gone`: bases that do not answer. */
function stage(gone = new Set<string>(), regions = [{ own: true, url: ROOT.href }, { own: false, url: "https://eu.test" }, { own: false, url: "https://asia.test/base" }]) {
  const [asked, told]: [string[], string[]] = [[], []];
  let moves = 0;
  const reach: Reach = async (url) => {
    asked.push(url.href);
    if ([...gone].some((base) => url.href.startsWith(base))) throw new TypeError("fetch failed");
    return { ok: true, json: async () => ({ regions }) };
  };
  return { gone, asked, told, failover: regionFailover({ play: (name) => `play/v/${name}` }, () => { moves++; }, reach, (text) => told.push(text)), moves: () => moves };
}

describe("the player's regions", () => {
  it("stay with a gateway that answers", async () => {
    const { failover, moves } = stage();
    await failover.listed;
    expect(await failover.check()).to.equal(false);
    expect(failover.rewrite(master(ROOT.href))).to.equal(master(ROOT.href));
    expect(moves()).to.equal(0);
  });

  it("take the next that plays when it does not", async () => {
    const { failover, gone, moves } = stage();
    await failover.listed;
    gone.add(ROOT.href).add(EU);
    expect(await failover.check(master(ROOT.href))).to.equal(true);
    expect(failover.rewrite(master(ROOT.href))).to.equal(master(ASIA));
    expect(moves()).to.equal(1);
  });

  it("move on once more, and back", async () => {
    const { failover, gone } = stage();
    await failover.listed;
    gone.add(ROOT.href);
    await failover.check();
    expect(failover.rewrite(master(ROOT.href))).to.equal(master(EU));
    gone.clear();
    gone.add(EU);
    expect(await failover.check()).to.equal(true);
    expect(failover.rewrite(master(ROOT.href))).to.equal(master(ROOT.href));
    expect(failover.rewrite(master(EU))).to.equal(master(ROOT.href));
  });

  it("see that the gateway a player was sent to is gone, though its own lives", async () => {
    const { failover, gone } = stage(new Set([EU]));
    await failover.listed;
    expect(await failover.check(master(EU))).to.equal(true);
    expect(failover.rewrite(master(EU))).to.equal(master(ROOT.href));
    expect(gone.size).to.equal(1);
  });

  it("are looked at once by all who ask at the same time", async () => {
    const { failover, gone, asked } = stage();
    await failover.listed;
    gone.add(ROOT.href);
    asked.length = 0;
    expect(await Promise.all([failover.check(), failover.check(), failover.check()])).to.deep.equal([true, true, true]);
    expect(asked.filter((url) => url.endsWith("health/live"))).to.have.lengthOf(1);
  });

  it("are this one alone where there are no others, or none can be found", async () => {
    const [unreachable, alone] = [stage(new Set([ROOT.href])), stage(new Set(), [])];
    for (const { failover } of [unreachable, alone]) {
      await failover.listed;
      expect(await failover.check()).to.equal(false);
    }
    expect([unreachable.told, alone.told]).to.deep.equal([["Other regions are not known: fetch failed"], []]);
  });
});
