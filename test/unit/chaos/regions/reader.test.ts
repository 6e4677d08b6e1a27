import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { findFaults, findUnsettled, type Place } from "../../../../chaos/regions/reader.ts";
import { makeTempDir, removeDir } from "../../../support/processes.ts";

const ID = "v1";
const OBJECTS: Record<string, string> = {
  [`videos/${ID}/record.json`]: '{"home":"us","standby":["eu"]}',
  [`videos/${ID}/verdict.json`]: '{"accepted":true,"at":"now"}',
  [`videos/${ID}/plan.json`]: '{"version":2}',
  [`videos/${ID}/outcome.json`]: '{"complete":true,"at":"now"}',
  [`videos/${ID}/media/source/0.m4s`]: "bytes",
  [`adopted/us/${ID}/0001-eu`]: "{}",
};

describe("the reader of regions' buckets", () => {
  let dir: string;
  let places: [us: Place, eu: Place];
  const put = async (name: string, key: string, content: string): Promise<void> => {
    const path = join(dir, name, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  };
  const remove = (name: string, key: string): Promise<void> => rm(join(dir, name, key));
  const faults = (): string[] => findFaults(places, [ID]).faults;

  beforeEach(async () => {
    dir = await makeTempDir("reader");
    places = [{ name: "us", storeDir: join(dir, "us") }, { name: "eu", storeDir: join(dir, "eu") }];
    for (const { name } of places) for (const [key, content] of Object.entries(OBJECTS)) await put(name, key, content);
  });
  afterEach(() => removeDir(dir));

  it("finds nothing where two regions have the same, which they may have done at other times", async () => {
    await put("eu", `videos/${ID}/verdict.json`, '{"accepted":true,"at":"later"}');
    expect([findFaults(places, [ID]), findUnsettled(places, [ID])]).to.deep.equal([{ faults: [], variants: 0 }, []]);
  });

  it("finds what is missing in one of them", async () => {
    await remove("eu", `videos/${ID}/plan.json`);
    await remove("us", `videos/${ID}/media/source/0.m4s`);
    expect(faults()).to.include.members([`videos/${ID}/plan.json is missing in eu`, `videos/${ID}/media/source/0.m4s is missing in us`]);
  });

  it("finds what is contradictory", async () => {
    await put("eu", `videos/${ID}/plan.json`, '{"version":3}');
    expect(faults()).to.deep.equal([`videos/${ID}/plan.json is not the same everywhere`]);
  });

  it("finds a video that was taken over twice, or in one region's eyes only", async () => {
    for (const { name } of places) await put(name, `adopted/us/${ID}/0001-asia`, "{}");
    expect(faults()).to.deep.equal([`two regions took over ${ID} at once: adopted/us/${ID}/0001-asia, adopted/us/${ID}/0001-eu`]);
    for (const name of ["0001-asia", "0001-eu"]) await remove("us", `adopted/us/${ID}/${name}`);
    expect(faults()).to.have.lengthOf(1);
  });

  it("finds a video that failed, and work that is still marked", async () => {
    for (const { name } of places) await put(name, `videos/${ID}/outcome.json`, '{"complete":false}');
    await put("eu", `standby/us/${ID}`, "{}");
    expect(faults()).to.deep.equal([`video ${ID} ended {"complete":false}`, `eu still has standby/us/${ID}`]);
  });

  it("counts media that two regions have in other bytes, which is no fault", async () => {
    await put("eu", `videos/${ID}/media/source/0.m4s`, "other bytes");
    expect(findFaults(places, [ID])).to.deep.equal({ faults: [], variants: 1 });
  });
});
