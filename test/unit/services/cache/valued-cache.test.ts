import { expect } from "chai";
import * as fc from "fast-check";
import { openChance } from "../../../../bench/placement/chance.ts";
import { openValuedCache } from "../../../../services/cache/valued-cache.ts";

const openCache = (maxBytes: number, seed = 1) => openValuedCache<string, number>({ maxBytes, sizeOf: (bytes) => bytes, random: openChance(seed).next });

describe("memory by value", () => {
  it("holds no more bytes than it may, whatever comes, and what it holds is what was last put there", () => {
    const step = fc.record({ key: fc.constantFrom("a", "b", "c", "d", "e"), bytes: fc.integer({ min: 0, max: 60 }), how: fc.constantFrom("set", "get", "delete") });
    fc.assert(fc.property(fc.array(step), (steps) => {
      const cache = openCache(100);
      const put = new Map<string, number>();
      for (const { key, bytes, how } of steps) {
        if (how === "set") { cache.set(key, bytes); put.set(key, bytes); }
        if (how === "delete") { cache.delete(key); put.delete(key); }
        const found = cache.get(key);
        if (found !== undefined) expect(found).to.equal(put.get(key));
        expect(cache.bytes).to.be.at.most(100);
        expect(cache.bytes).to.equal([...cache.keys()].reduce((sum, kept) => sum + Math.max(1, cache.get(kept) ?? 0), 0));
      }
    }));
  });

  it("keeps what is asked for often while what is asked for once goes by", () => {
    const cache = openCache(1_000);
    cache.set("often", 10);
    for (let n = 0; n < 2_000; n++) {
      if (n % 10 === 0) expect(cache.get("often"), `after ${n}`).to.equal(10);
      cache.get(`once-${n}`);
      cache.set(`once-${n}`, 10);
    }
  });

  it("keeps the dearer of two of a size, and of two alike the smaller", () => {
    const cache = openCache(100);
    cache.set("dear", 40, 10);
    cache.set("cheap", 40, 1);
    cache.set("new", 40, 1_000);
    expect([cache.has("dear"), cache.has("cheap"), cache.has("new")]).to.deep.equal([true, false, true]);
    const other = openCache(100);
    other.set("large", 70);
    other.set("small", 10);
    other.set("new", 60);
    expect([other.has("large"), other.has("small"), other.has("new")]).to.deep.equal([false, true, true]);
  });

  it("leaves nothing to chance among the few that a small memory holds", () => {
    for (let seed = 0; seed < 100; seed++) {
      const cache = openCache(160, seed);
      for (let n = 0; n < 16; n++) cache.set(`${n}`, 10, n === 5 ? 1 : 2);
      cache.set("new", 10);
      expect([...cache.keys()], `by chance ${seed}`).to.have.lengthOf(16).and.not.include("5");
    }
  });

  it("takes nothing that is larger than itself, and keeps the rest", () => {
    const cache = openCache(100);
    cache.set("a", 50);
    cache.set("b", 101);
    expect([cache.has("a"), cache.has("b")]).to.deep.equal([true, false]);
  });

  it("lets go of what is worth least at once when it has to be smaller, and takes more when it may be larger again", () => {
    const cache = openCache(100);
    for (const [key, cost] of [["a", 3], ["b", 1], ["c", 2]] as const) cache.set(key, 30, cost);
    cache.resize(60);
    expect([[...cache.keys()], cache.bytes]).to.deep.equal([["a", "c"], 60]);
    cache.set("d", 61);
    cache.set("e", 30, 9);
    expect([[...cache.keys()], cache.bytes]).to.deep.equal([["a", "e"], 60]);
    cache.resize(100);
    cache.set("f", 40);
    expect(cache.bytes).to.equal(100);
  });
});
