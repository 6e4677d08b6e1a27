import type { IncomingMessage, ServerResponse } from "node:http";
import { expect } from "chai";
import type { Regions } from "../../../../config/regions.ts";
import { takeToken } from "../../../../services/gateway/links/link-path.ts";
import { openCountries, readAsker } from "../../../../services/gateway/regions/asker.ts";
import { chooseRegion, inOrderOfUse } from "../../../../services/gateway/regions/choose-region.ts";
import { pointNearer } from "../../../../services/gateway/regions/nearer-region.ts";
import { openRegionGuide } from "../../../../services/gateway/regions/region-guide.ts";
import type { RegionView } from "../../../../services/storage/storage.contract.ts";
import { rejection } from "../../../support/rejection.ts";

const view = (name: string, latitude: number, longitude: number, more: Partial<RegionView> = {}): RegionView => (
  { name, own: false, publicUrl: `https://${name}.test`, place: { latitude, longitude }, countries: [], nodes: 1, storeReachable: true, dark: false, latencyMs: 80, waiting: 0, lagMs: 0, ...more }
);
const US = view("us", 39, -77, { own: true, latencyMs: 0, countries: ["US", "CA"] });
const EU = view("eu", 50, 8);
const ASIA = view("asia", 35, 139, { countries: ["JP"], latencyMs: 150 });
const ALL = [US, EU, ASIA];
const request = (url = "/", headers: Record<string, string> = {}, remoteAddress = "192.0.2.1"): IncomingMessage => ({ url, headers, socket: { remoteAddress } }) as unknown as IncomingMessage;
const nameOf = (region: RegionView | undefined): string | undefined => region?.name;

describe("the best region", () => {
  it("is the one that was chosen, then the country's, then the nearest, then the one that was come to", () => {
    expect(nameOf(chooseRegion(ALL, { choice: "eu", country: "JP" }))).to.equal("eu");
    expect(nameOf(chooseRegion(ALL, { country: "JP", place: EU.place }))).to.equal("asia");
    expect(nameOf(chooseRegion(ALL, { country: "DE", place: { latitude: 48, longitude: 2 } }))).to.equal("eu");
    expect(nameOf(chooseRegion(ALL, { country: "DE" }))).to.equal("us");
    expect(chooseRegion([], {})).to.equal(undefined);
  });

  for (const [what, fault] of [["dark", { dark: true }], ["without nodes", { nodes: 0 }], ["without a store", { storeReachable: false }]] as const) {
    it(`is never one that is ${what}`, () => {
      const regions = [US, { ...EU, ...fault }, ASIA];
      expect(nameOf(chooseRegion(regions, { choice: "eu" }))).to.equal("us");
      expect(inOrderOfUse(regions).map(nameOf)).to.deep.equal(["us", "asia", "eu"]);
    });
  }
});

describe("who asks", () => {
  it("says so by a choice, in the query or a header", () => {
    expect(readAsker(request("/play?region=eu"), [], undefined)).to.deep.equal({ choice: "eu" });
    expect(readAsker(request("/play", { "lectern-region": "us" }), [], undefined)).to.deep.equal({ choice: "us" });
    expect(nameOf(chooseRegion(ALL, readAsker(request("/play?region=moon"), [], undefined)))).to.equal("us");
  });

  it("is believed by no header but those that are configured", () => {
    const headers = { "cf-ipcountry": "de", "x-geo-latitude": "48.1", "x-geo-longitude": "-11.5" };
    expect(readAsker(request("/", headers), [], undefined)).to.deep.equal({});
    expect(readAsker(request("/", headers), ["cf-ipcountry"], () => "US")).to.deep.equal({ country: "DE" });
    expect(readAsker(request("/", headers), ["x-geo-latitude", "x-geo-longitude"], undefined)).to.deep.equal({ place: { latitude: 48.1, longitude: -11.5 } });
    for (const value of ["91", "1e1", "north", "", "1".repeat(500)]) {
      expect(readAsker(request("/", { ...headers, "x-geo-latitude": value }), ["x-geo-latitude", "x-geo-longitude"], undefined)).to.deep.equal({});
    }
  });

  it("is looked up by address, where that is wanted", () => {
    const find = openCountries();
    expect([find("8.8.8.8"), find("::ffff:8.8.8.8"), find("::1"), find("nonsense"), find("")]).to.deep.equal(["US", "US", undefined, undefined, undefined]);
    expect(readAsker(request("/", {}, "8.8.8.8"), [], find)).to.deep.equal({ country: "US" });
  });
});

describe("the guide", () => {
  const place = (name: string): Regions["own"] => ({ name, store: { kind: "file", dir: name }, publicUrl: `https://${name}.test`, place: { latitude: 0, longitude: 0 }, countries: [] });
  const regions: Regions = { own: place("us"), others: [place("eu"), place("asia")], sync: 1, syncWaitMs: 1, whenAway: "accept", media: "none", darkAfterMs: 1, redirect: true, geoHeaders: ["cf-ipcountry"], geoDatabase: false };
  let views: RegionView[] = ALL;
  let looks = 0;
  const guide = openRegionGuide({ regions, views: async () => { looks++; return views; }, findNodes: async (name) => [`${name}-1`], findCountry: undefined, now: () => looks * 10_000 });

  it("sends a player to a better region only", async () => {
    views = ALL;
    expect(await guide.elsewhere(request("/", { "cf-ipcountry": "JP" }))).to.deep.equal({ name: "asia", url: "https://asia.test", redirect: true });
    expect(await guide.elsewhere(request("/", { "cf-ipcountry": "JP", "lectern-region": "us" }))).to.equal(undefined);
    expect(await guide.elsewhere(request("/"))).to.equal(undefined);
  });

  it("sends on who came by a link with the link, which is good there too", async () => {
    views = ALL;
    const [id, token] = ["01arz3ndektsv4rrffq69g5fav", "A".repeat(56)];
    const req = request(`/play/~${token}/${id}/master.m3u8`, { "cf-ipcountry": "JP" });
    takeToken(req);
    const sent: object[] = [];
    const res = { destroyed: false, writableEnded: false, writeHead: (status: number, headers: object) => sent.push({ status, ...headers }), end: () => undefined } as unknown as ServerResponse;
    expect(await pointNearer({ req, res }, guide)).to.equal(true);
    expect(sent).to.deep.equal([{ status: 307, "Location": `https://asia.test/play/~${token}/${id}/master.m3u8?region=asia`, "Cache-Control": "no-store", "Content-Length": "0" }]);
  });

  it("hands a post to a node of the region that was asked for, or says that it is away", async () => {
    views = ALL;
    expect(await guide.nodeFor(request(), "eu")).to.equal("eu-1");
    expect(await guide.nodeFor(request(), "us")).to.equal(undefined);
    expect(await guide.nodeFor(request("/", { "cf-ipcountry": "JP" }), undefined)).to.equal("asia-1");
    views = [US, { ...EU, dark: true }, { ...ASIA, dark: true }];
    expect(await rejection(guide.nodeFor(request(), "eu"), "a dark region")).to.include({ type: "region_unavailable" });
    expect(await guide.nodeFor(request("/", { "cf-ipcountry": "JP" }), undefined)).to.equal(undefined);
    expect(await rejection(guide.nodeFor(request("/?region=eu"), undefined), "a dark region")).to.include({ type: "region_unavailable" });
    expect(await rejection(guide.nodeFor(request("/?region=moon"), undefined), "no region")).to.include({ type: "bad_request" });
    expect(await rejection(guide.nodeFor(request(), "moon"), "no region")).to.include({ type: "bad_request" });
  });

  it("has nothing to say where there is one region", async () => {
    const alone = openRegionGuide({ regions: undefined, views: async () => { throw new Error("asked"); }, findNodes: async () => [], findCountry: undefined, now: () => 0 });
    expect([await alone.views(), await alone.best(request()), await alone.elsewhere(request()), await alone.nodeFor(request(), undefined), alone.otherUrls]).to.deep.equal([[], undefined, undefined, undefined, []]);
    expect(await rejection(alone.nodeFor(request(), "eu"), "a region")).to.include({ type: "bad_request" });
  });
});
