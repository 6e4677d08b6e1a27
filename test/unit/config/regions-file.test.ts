import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { newRecord } from "../../../bin/keys/key-record.ts";
import { makeKeys } from "../../../bin/keys/make-keys.ts";
import { FileFaults } from "../../../config/checked-file.ts";
import { ConfigError, loadConfig } from "../../../config/config.ts";
import { parseRegions } from "../../../config/regions-file.ts";
import { distanceKm } from "../../../config/regions.ts";
import { makeTempDir, removeDir, runProcess } from "../../support/processes.ts";

const EXAMPLE = new URL("../../../deploy/regions.example.yaml", import.meta.url);
const KEYS = { S3_US_KEY: "a", S3_US_SECRET: "b", S3_EU_KEY: "c", S3_EU_SECRET: "d" };
const entry = (name: string, more = ""): string => `{ name: ${name}, store: "file:/srv/${name}", publicUrl: "https://${name}.test/", place: { latitude: 0, longitude: 0 }${more} }`;

function faultsOf(text: string, own = "us", env: Record<string, string> = {}): readonly string[] {
  try {
    parseRegions(text, own, env);
  } catch (error) {
    if (error instanceof FileFaults) return error.faults;
    throw error;
  }
  return [];
}

describe("the file of regions", () => {
  it("says which region a node is in, and which others there are, nearest first", () => {
    const { own, others, ...rest } = parseRegions(readFileSync(EXAMPLE, "utf8"), "asia", KEYS);
    expect(own).to.deep.equal({
      name: "asia", store: { kind: "s3", bucket: "lectern-asia", endpoint: undefined, awsRegion: "ap-northeast-1" },
      publicUrl: "https://asia.video.example.org", place: { latitude: 35.7, longitude: 139.7 }, countries: [],
    });
    expect(others.map(({ name }) => name)).to.deep.equal(["eu", "us"]);
    expect(others[0]?.store).to.deep.equal({ kind: "s3", bucket: "lectern-eu", endpoint: "https://s3.eu.example.org", credentials: { accessKeyId: "c", secretAccessKey: "d" } });
    expect(rest).to.deep.equal({ sync: 1, syncWaitMs: 2_000, whenAway: "accept", media: "standby", darkAfterMs: 10_000, redirect: false, geoHeaders: ["cf-ipcountry"], geoDatabase: false });
  });

  it("has defaults for all but the regions, which may be one", () => {
    const { own, others, ...rest } = parseRegions(`regions: [${entry("us")}]`, "us", {});
    expect([own.store, own.publicUrl, others]).to.deep.equal([{ kind: "file", dir: resolve("/srv/us") }, "https://us.test", []]);
    expect(rest).to.deep.equal({ sync: 0, syncWaitMs: 2_000, whenAway: "accept", media: "standby", darkAfterMs: 10_000, redirect: false, geoHeaders: [], geoDatabase: false });
  });

  it("comes with a NATS for each of its regions that nats-server can read, joined to the others", async () => {
    const dir = await makeTempDir("regions");
    try {
      const names = ["us", "eu", "asia"];
      await makeKeys(dir, { ...newRecord(), nats: names.map((name) => `nats.${name}.example.org:4222`) }, undefined);
      for (const { name } of [...parseRegions(readFileSync(EXAMPLE, "utf8"), "us", KEYS).others, { name: "us" }]) {
        const text = readFileSync(new URL(`../../../deploy/nats/${name}.conf`, import.meta.url), "utf8");
        const path = join(dir, "nats", `${name}.conf`); // beside what it includes
        writeFileSync(path, text);
        await runProcess("nats-server", ["-t", "-c", path]);
        for (const other of names) expect(text).to.include(`nats.${other}.example.org:7222`);
      }
    } finally {
      await removeDir(dir);
    }
  });

  const FAULTY: [string, string, string][] = [
    ["a region that is none of them", `regions: [${entry("eu")}, ${entry("asia")}]`, 'LECTERN_REGION "us" is none of its regions (eu, asia)'],
    ["one named twice", `regions: [${entry("us")}, ${entry("us")}]`, '"us" is there twice'],
    ["one bucket for two regions", `regions: [${entry("us")}, { name: eu, store: "file:/srv/us", publicUrl: "https://eu.test", place: { latitude: 0, longitude: 0 } }]`, "the store file:/srv/us is named twice; each region has its own"],
    ["a country of two regions", `regions: [${entry("us", ", countries: [CA]")}, ${entry("eu", ", countries: [CA]")}]`, "the country CA belongs to two regions"],
    ["more copies than regions", `regions: [${entry("us")}, ${entry("eu")}]\nsync: 2`, "sync: 2 asks for more regions than there are besides one's own"],
    ["a public URL that is none", `regions: [{ name: us, store: "file:/a", publicUrl: "ftp://us.test", place: { latitude: 0, longitude: 0 } }]\nsync: 0`, '"us": publicUrl must be a URL with http:// or https://'],
    ["a credential that is not there", `regions: [${entry("us", ", credentials: { accessKeyId: US_KEY, secretAccessKey: US_KEY }")}]\nsync: 0`, '"us": the environment has no US_KEY'],
    ["an unknown word", `regions: [${entry("us")}]\nsynk: 1`, 'the file must NOT have additional properties ("synk")'],
    ["a place off the globe", `regions: [{ name: us, store: "file:/a", publicUrl: "https://us.test", place: { latitude: 91, longitude: 0 } }]`, "/regions/0/place/latitude must be <= 90"],
  ];
  for (const [name, text, fault] of FAULTY) {
    it(`is refused with ${name}`, () => expect(faultsOf(text)).to.include(fault));
  }

  it("is read at the start, and its faults are among the settings'", () => {
    expect(() => loadConfig({ LECTERN_REGIONS: "/nowhere/regions.yaml" })).to.throw(ConfigError, "LECTERN_REGIONS: /nowhere/regions.yaml: ENOENT");
    const config = loadConfig({ LECTERN_REGIONS: EXAMPLE.pathname, LECTERN_REGION: "eu", LECTERN_STORE: "file:/elsewhere", ...KEYS });
    expect(config.store).to.deep.equal(config.regions?.own.store);
  });

  it("measures along the globe", () => {
    expect(distanceKm({ latitude: 0, longitude: 179 }, { latitude: 0, longitude: -179 })).to.be.closeTo(222.4, 0.1);
    expect(distanceKm({ latitude: 90, longitude: 0 }, { latitude: -90, longitude: 50 })).to.be.closeTo(Math.PI * 6_371, 1);
  });
});
