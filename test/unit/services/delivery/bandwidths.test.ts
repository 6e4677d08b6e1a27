import { expect } from "chai";
import { objectKeys } from "../../../../config/object-keys.ts";
import { renditionsOf, segmentCount } from "../../../../media/plan-video.ts";
import { openBandwidths, type Bandwidths } from "../../../../services/delivery/bandwidths.ts";
import { stagedPlan } from "../../../support/staged-plan.ts";

const ID = "01arz3ndektsv4rrffq69g5fav";
const PLAN = stagedPlan(20);
const COUNT = segmentCount(PLAN);

describe("measured bandwidths", () => {
  let stored: Map<string, number>;
  let heads: number;
  let lists: number;
  let now: number;
  let errors: unknown[];
  let bandwidths: Bandwidths;

  const store = (rendition: string, count: number): void => {
    for (let n = 0; n < count; n++) stored.set(objectKeys.media(ID, rendition, `${n}.m4s`), 1000 * (n + 1));
    stored.set(objectKeys.media(ID, rendition, "init.mp4"), 700);
  };
  /** Lets the look in the background come to its end. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const names = (): string[] => [...bandwidths.measured(ID, PLAN).keys()];

  beforeEach(() => {
    [stored, heads, lists, now, errors] = [new Map(), 0, 0, 0, []];
    bandwidths = openBandwidths({
      isStored: async (key) => {
        heads++;
        return stored.has(key);
      },
      list: async (prefix, after) => {
        lists++;
        const keys = [...stored].filter(([key]) => key.startsWith(prefix)).map(([key, size]) => ({ key, size }));
        return after === undefined ? { objects: keys.slice(0, 2), prefixes: [], next: "more" } : { objects: keys.slice(2), prefixes: [] };
      },
      onError: (error) => errors.push(error),
      now: () => now,
    });
  });

  it("are there for the next who asks, of complete renditions alone", async () => {
    store("source", COUNT);
    store("360p", COUNT - 1);
    expect(names()).to.deep.equal([]);
    await settle();
    expect(names()).to.deep.equal(["source"]);
    const bytes = Array.from({ length: COUNT }, (_, n) => 1000 * (n + 1)).reduce((sum, size) => sum + size, 0);
    expect(bandwidths.measured(ID, PLAN).get("source")?.average).to.equal(Math.ceil((8 * bytes) / 20));
    expect(lists).to.equal(2);
  });

  it("are looked for once in a while, when something changed, and no more when all are known", async () => {
    names();
    await settle();
    names();
    await settle();
    expect(heads).to.equal(3);
    for (const { name } of renditionsOf(PLAN)) store(name, COUNT);
    bandwidths.wake(ID);
    names();
    await settle();
    expect(names()).to.have.members(renditionsOf(PLAN).map(({ name }) => name));
    [now, heads] = [1e9, 0];
    names();
    await settle();
    expect(heads).to.equal(0);
  });

  it("wait for the middle of a rendition as well", async () => {
    store("source", COUNT);
    stored.delete(objectKeys.media(ID, "source", "1.m4s"));
    names();
    await settle();
    expect(names()).to.deep.equal([]);
  });

  it("leave playing alone when the store is away", async () => {
    bandwidths = openBandwidths({ isStored: () => Promise.reject(new Error("away")), list: () => Promise.reject(new Error("away")), onError: (error) => errors.push(error), now: () => now });
    expect(names()).to.deep.equal([]);
    await settle();
    expect(errors).to.have.length(1);
  });
});
