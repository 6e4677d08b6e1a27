/** Whose a request is, and how much of it is too much. */
import { Socket } from "node:net";
import { expect } from "chai";
import { parseRates, RATES } from "../../../../config/rates.ts";
import { clientAddresses, householdOf, isLoopback } from "../../../../services/gateway/limits/client-address.ts";
import { openRateLimits, WINDOW_MS, type RegionCounts } from "../../../../services/gateway/limits/rate-limits.ts";
import { rateOf } from "../../../../services/gateway/limits/throttle.ts";
import { mockClock, type MockClock } from "../../../support/mock-clock.ts";

describe("a client's address", () => {
  const from = (peer: string, forwarded?: string): Parameters<ReturnType<typeof clientAddresses>>[0] =>
    ({ socket: Object.defineProperty(new Socket(), "remoteAddress", { value: peer }), headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } });
  const addressOf = clientAddresses(["10.0.0.0/8", "2001:db8:1::/48", "192.0.2.7"]);

  it("is the peer's, whatever a stranger says", () => {
    expect(addressOf(from("198.51.100.4"))).to.equal("198.51.100.4");
    expect(addressOf(from("198.51.100.4", "203.0.113.9"))).to.equal("198.51.100.4");
    expect(clientAddresses([])(from("10.1.2.3", "203.0.113.9"))).to.equal("10.1.2.3");
  });

  it("is the one that our own proxies name, not what was written before", () => {
    expect(addressOf(from("10.1.2.3", "203.0.113.9"))).to.equal("203.0.113.9");
    expect(addressOf(from("10.1.2.3", "127.0.0.1, 203.0.113.9, 192.0.2.7"))).to.equal("203.0.113.9");
    expect(addressOf(from("2001:db8:1::5", "2001:DB8:0::9"))).to.equal("2001:db8::9");
    expect(addressOf(from("10.1.2.3", "203.0.113.9:4711"))).to.equal("203.0.113.9");
    expect(addressOf(from("10.1.2.3", "[2001:db8::9]:4711"))).to.equal("2001:db8::9");
  });

  it("ends at what is no address", () => {
    expect(addressOf(from("10.1.2.3", "203.0.113.9, unknown"))).to.equal("10.1.2.3");
    expect(addressOf(from("10.1.2.3", ""))).to.equal("10.1.2.3");
    expect(addressOf(from("10.1.2.3", "10.9.9.9"))).to.equal("10.9.9.9");
  });

  it("has one spelling, and a household", () => {
    expect(addressOf(from("::ffff:198.51.100.4"))).to.equal("198.51.100.4");
    expect(householdOf("198.51.100.4")).to.equal("198.51.100.4");
    expect(householdOf("2001:db8:0:7:1::9")).to.equal(householdOf("2001:db8:0:7:ffff::1"));
    expect(householdOf("2001:db8:0:8::9")).not.to.equal(householdOf("2001:db8:0:7::9"));
    expect(["127.0.0.9", "::1", "198.51.100.4", "2001:db8::1"].map(isLoopback)).to.deep.equal([true, true, false, false]);
  });
});

describe("rates", () => {
  it("change where they are named, and only to numbers", () => {
    expect(parseRates(["play=0", "failures=5"])).to.deep.equal({ ...RATES, play: 0, failures: 5 });
    for (const wrong of ["plays=1", "play", "play=", "play=-1", "play=1.5", "toString=1", "=1"]) expect(parseRates([wrong]), wrong).to.equal(undefined);
  });

  it("are those of what is done, where a route does not say", () => {
    expect(rateOf({ method: "GET", area: "play" })).to.equal("play");
    expect(rateOf({ method: "GET", area: "play", rate: "images" })).to.equal("images");
    expect(rateOf({ method: "GET", area: "api" })).to.equal("questions");
    for (const method of ["POST", "PATCH", "DELETE"] as const) expect(rateOf({ method, area: "operate" })).to.equal("changes");
  });
});

describe("rate limits", () => {
  let clock: MockClock;
  beforeEach(() => { clock = mockClock(); });
  afterEach(() => clock.restore());

  const limitsWith = (region?: RegionCounts, errors: unknown[] = []) => openRateLimits({ ...RATES, changes: 3, play: 0 }, region, (error) => errors.push(error));
  const spendTimes = (limits: ReturnType<typeof limitsWith>, times: number, who = "a"): number[] => Array.from({ length: times }, () => limits.spend("changes", who));

  it("let through what a minute allows, each caller by themselves, and say when the next begins", async () => {
    const limits = limitsWith();
    await clock.advance(20_000);
    expect(spendTimes(limits, 5)).to.deep.equal([0, 0, 0, 40_000, 40_000]);
    expect(limits.waitMs("changes", "a")).to.equal(40_000);
    expect(spendTimes(limits, 1, "b")).to.deep.equal([0]);
    expect(limits.spend("questions", "a")).to.equal(0);
    await clock.advance(40_000);
    expect(spendTimes(limits, 4)).to.deep.equal([0, 0, 0, WINDOW_MS]);
  });

  it("of zero are none", () => {
    const limits = limitsWith();
    expect(Array.from({ length: 500 }, () => limits.spend("play", "a"))).to.deep.equal(Array.from({ length: 500 }, () => 0));
  });

  it("count what the region's other nodes let through, and nothing twice", async () => {
    const totals = new Map<string, number>();
    const heard: number[] = [];
    const region: RegionCounts = {
      async add(counts, window) {
        return counts.map(({ key, times }) => {
          heard.push(times);
          const total = (totals.get(`${key}:${window}`) ?? 0) + times;
          totals.set(`${key}:${window}`, total);
          return total;
        });
      },
    };
    const [one, other] = [limitsWith(region), limitsWith(region)];
    spendTimes(one, 2);
    await clock.advance(250);
    expect(spendTimes(other, 1)).to.deep.equal([0]);
    await clock.advance(250);
    expect(other.spend("changes", "a")).to.be.above(0);
    expect(one.spend("changes", "a")).to.equal(0); // has not heard of it
    await clock.advance(250);
    expect(one.spend("changes", "a")).to.be.above(0);
    await Promise.all([one.close(), other.close()]);
    expect(heard).to.deep.equal([2, 1, 1]);
  });

  it("tell of a minute's end under that minute, and of what is left when they close", async () => {
    const heard: [number, number][] = [];
    const limits = limitsWith({ add: async (counts, window) => counts.map(({ times }) => (heard.push([window, times]), times)) });
    const minute = Math.floor(Date.now() / WINDOW_MS);
    await clock.advance(WINDOW_MS - 100);
    spendTimes(limits, 2);
    await clock.advance(100);
    await limits.close();
    expect(heard).to.deep.equal([[minute, 2]]);
  });

  it("are a node's own while the region does not answer", async () => {
    const errors: unknown[] = [];
    const limits = limitsWith({ add: async () => { throw new Error("away"); } }, errors);
    expect(spendTimes(limits, 2)).to.deep.equal([0, 0]);
    await clock.advance(250);
    expect(errors).to.have.lengthOf(1);
    expect(spendTimes(limits, 2)).to.deep.equal([0, WINDOW_MS - 250]);
    await limits.close();
  });
});
