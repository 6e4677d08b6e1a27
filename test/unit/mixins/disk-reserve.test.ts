import { expect } from "chai";
import { LRUCache } from "lru-cache";
import { openDiskReserve } from "../../../mixins/disk-reserve.ts";

const MiB = 1024 * 1024;
const silent = { debug: () => undefined };

describe("a disk's reserve", () => {
  const filled = (): LRUCache<string, number> => {
    const cache = new LRUCache<string, number>({ maxSize: 100 * MiB, sizeCalculation: (size) => size });
    for (const name of ["a", "b", "c", "d"]) cache.set(name, 10 * MiB);
    return cache;
  };
  async function after(free: number | Error): Promise<string[]> {
    const cache = filled();
    const reserve = openDiskReserve("/", cache, silent, async () => {
      if (free instanceof Error) throw free;
      return free;
    });
    await reserve.look();
    reserve.close();
    return [...cache.keys()].toSorted();
  }

  it("takes from the cache what is lacking, the oldest first, and no more", async () => {
    expect(await after(96 * MiB)).to.deep.equal(["a", "b", "c", "d"]);
    expect(await after(96 * MiB - 1)).to.deep.equal(["b", "c", "d"]);
    expect(await after(81 * MiB)).to.deep.equal(["c", "d"]);
    expect(await after(0)).to.deep.equal([]);
  });

  it("takes nothing while the disk does not say what is free", async () => {
    expect(await after(new Error("gone"))).to.deep.equal(["a", "b", "c", "d"]);
  });
});
