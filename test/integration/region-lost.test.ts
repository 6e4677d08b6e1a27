/** Of two regions one is lost for good, its store too: the runbook's commands bring it back from the other, with keys and all. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { hashKey, makeApiKey } from "../../config/access/api-key.ts";
import { keepStoreKey } from "../../bin/start/store-key.ts";
import type { Answers } from "../../services/operator/operator.contract.ts";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { readGuide, runGuide } from "../support/guide.ts";
import { PROJECT } from "../support/imports.ts";
import { makeLecture } from "../support/lectures.ts";
import { startRegions, type RegionMesh } from "../support/region-meshes.ts";
import { standInSystemd, type StandInSystemd } from "../support/stand-in-systemd.ts";
import { listStore } from "../support/store-files.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";
import { expectExact } from "../support/viewer.ts";

const SECONDS = 8;
const KEY = makeApiKey().key;
const headers = { Authorization: `Bearer ${KEY}` };

describe("a region that is lost", function () {
  this.timeout(200_000);
  let folder: Folder;
  let origin: TestOrigin;
  let regions: { us: RegionMesh; eu: RegionMesh };
  let systemd: StandInSystemd;
  let stop: () => Promise<void>;
  let [inUs, inEu]: [Api, Api] = [api(""), api("")];
  let typed: Record<string, string>;
  let definitions: string;
  const type = (...blocks: string[]): Promise<string> => runGuide([definitions, ...blocks], typed, PROJECT, folder.path(""));

  before(async () => {
    [folder, [definitions = ""]] = [await openFolder(), await readGuide("runbooks", "Runbooks")];
    for (const name of ["finished", "unfinished"]) await makeLecture(folder.path(`${name}.mp4`), { seconds: SECONDS });
    origin = await startOrigin({ dir: folder.path("") });
    keepStoreKey(folder.path("store.key"));
    const settings = { LECTERN_SOURCE_ALLOW: origin.hostPort, LECTERN_ACCESS: "keys", LECTERN_ADMIN_KEY_HASH: hashKey(KEY), LECTERN_STORE_KEYS: `file:${folder.path("store.key")}` };
    const started = await startRegions(["us", "eu"], { file: "darkAfterSec: 3\nsyncWaitMs: 10000", settings });
    stop = started.stop;
    regions = started.regions as typeof regions;
    [inUs, inEu] = [api(regions.us.httpUrl), api(regions.eu.httpUrl)];
    systemd = await standInSystemd(folder.path(""), { "lectern@worker": { start: () => regions.us.restartRegion() } });
    const own = { ...settings, LECTERN_REGION: "us", LECTERN_REGIONS: join(regions.us.dataDir, "../regions.yaml"), LECTERN_DATA: regions.us.dataDir };
    await writeFile(folder.path("lectern.env"), Object.entries(own).map(([name, value]) => `${name}=${value}\n`).join(""));
    typed = { PATH: systemd.path, KEY, LECTERN: regions.us.httpUrl, OTHER: regions.eu.httpUrl, SETTINGS: folder.path("lectern.env") };
  });
  after(async () => {
    await stop?.();
    await Promise.all([origin?.stop(), systemd?.stop()]);
    await folder?.remove();
  });

  const post = async (name: string): Promise<string> => (await inUs.post({ url: `${origin.url}/${name}.mp4`, policy: "eager" }, headers)).id;
  /** Of its own gateway, or of another's; names of those that are dark. */
  async function listDark(url = "$LECTERN"): Promise<string[]> {
    const told = JSON.parse(await type(`ctl regions --json --url "${url}"`)) as Answers["regions"];
    expect(told.regions.map(({ name }) => name).toSorted()).to.deep.equal(["eu", "us"]);
    return told.regions.filter(({ dark }) => dark === true).map(({ name }) => name);
  }
  let [finished, unfinished] = ["", ""];

  it("is seen as dark, is offered to nobody, and what it had begun is finished by the other", async () => {
    finished = await post("finished");
    await inUs.until(finished, "complete");
    await eventually(async () => (await listStore(regions.us, "replicating/")).length === 0);
    await fetch(`${regions.us.httpUrl}/v1/queue/normal/pause`, { method: "POST", headers });
    unfinished = await post("unfinished");
    await inUs.until(unfinished, "ready");
    await regions.us.killRegion();
    for (const lost of ["store", "redis"]) await rm(join(regions.us.dataDir, lost), { recursive: true, force: true });
    await inEu.until(unfinished, "complete");
    expect(await listDark("$OTHER")).to.deep.equal(["us"]);
    const offered = (await (await fetch(`${regions.eu.httpUrl}/v1/regions`)).json()) as { regions: { name: string; healthy: boolean }[] };
    expect(offered.regions.filter(({ healthy }) => healthy).map(({ name }) => name)).to.deep.equal(["eu"]);
  });

  it("comes back as the runbook says, with all that the other has", async () => {
    const told = await type(...await readGuide("runbooks", "A region is lost"));
    expect(told).to.match(/Would copy (\d+) objects[\s\S]*\n0 videos:[\s\S]*\nCopied \1 objects[\s\S]*\n2 videos: 0 unfinished/).and.not.include("Damaged");
    await eventually(async () => (await listDark()).length === 0);
    for (const id of [finished, unfinished]) await expectExact(regions.us.httpUrl, inUs, id, SECONDS * 25);
    expect(await listStore(regions.us, "videos/")).to.deep.equal(await listStore(regions.eu, "videos/"));
    expect((await readFile(join(regions.us.dataDir, "store", "videos", finished, "record.json"))).includes(finished), "it is encrypted").to.equal(false);
  });
});
