import { expect } from "chai";
import { LRUCache } from "lru-cache";
import { upTo } from "../../../config/lru-room.ts";

describe("room for a number of entries", () => {
  it("holds so many, those that were used last, also with a time to live", () => {
    for (const options of [upTo(3), { ...upTo(3), ttl: 60_000 }]) {
      const cache = new LRUCache<string, number>(options);
      for (const [n, key] of ["a", "b", "c"].entries()) cache.set(key, n);
      cache.get("a");
      cache.set("d", 3);
      cache.set("d", 4);
      cache.delete("c");
      cache.set("e", 5);
      expect([...cache.keys()].sort()).to.deep.equal(["a", "d", "e"]);
    }
  });

  it("is not taken before it is needed", () => {
    const before = process.memoryUsage();
    const caches = Array.from({ length: 20 }, () => new LRUCache<string, number>(upTo(100_000)));
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).to.be.below(caches.length * 100_000);
  });
});
