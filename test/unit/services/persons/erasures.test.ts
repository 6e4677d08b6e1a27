import { expect } from "chai";
import { openErasures, type ErasuresPorts } from "../../../../services/persons/erasures.ts";
import type { ErasureOrder } from "../../../../services/persons/erasure-orders.ts";
import { settle } from "../../../support/mock-clock.ts";

const order = (id: string): ErasureOrder => ({ id, person: "p:1", videos: "erase", at: "", by: "node" });

function stage(more: Partial<ErasuresPorts> = {}) {
  const [left, begun, warned]: [ErasureOrder[], string[], string[]] = [[], [], []];
  const due: (() => void)[] = [];
  const ports: ErasuresPorts = {
    orders: { async* open() { yield* left; } },
    carryOut: async ({ id }) => { begun.push(id); },
    lock: async () => async () => undefined,
    clock: { after: (_, work) => { due.push(work); return () => void due.splice(due.indexOf(work), 1); }, random: () => 0.5 },
    logger: { info: () => undefined, warn: (text: unknown) => void warned.push(String(text)) },
    ...more,
  };
  return { left, begun, warned, due, erasures: openErasures(ports), look: async () => { due.shift()?.(); await settle(); } };
}

describe("orders to erase somebody on a node", () => {
  it("are begun with at once, and those that others left at the next look", async () => {
    const { left, begun, look, erasures } = stage();
    erasures.begin(order("mine"));
    await settle();
    expect(begun).to.deep.equal(["mine"]);
    left.push(order("left"));
    await look();
    expect(begun).to.deep.equal(["mine", "left"]);
    await erasures.close();
  });

  it("are one work each, here and elsewhere", async () => {
    const work = Promise.withResolvers<void>();
    let begun = 0;
    const one = stage({ carryOut: async () => { begun++; await work.promise; } });
    one.left.push(order("a"));
    one.erasures.begin(order("a"));
    await one.look();
    expect(begun).to.equal(1);
    work.resolve();
    await one.erasures.close();
    const elsewhere = stage({ lock: async () => undefined });
    elsewhere.erasures.begin(order("a"));
    await settle();
    expect(elsewhere.begun).to.deep.equal([]);
    await elsewhere.erasures.close();
  });

  it("are tried again when something fails, and looked for again when the store was away", async () => {
    let fails = 2;
    let isAway = true;
    const { begun, warned, left, look, erasures } = stage({
      orders: { async* open() { if (isAway) throw new Error("away"); yield* left; } },
      carryOut: async ({ id }) => { if (fails-- > 0) throw new Error("not now"); begun.push(id); },
    });
    left.push(order("a"));
    await look();
    isAway = false;
    for (let n = 0; n < 3; n++) await look();
    expect(begun).to.deep.equal(["a"]);
    expect(warned).to.have.lengthOf(3);
    await erasures.close();
  });

  it("end with their node, between two steps, and free their lock", async () => {
    let isLocked = false;
    const { due, warned, erasures } = stage({
      lock: async () => { isLocked = true; return async () => { isLocked = false; }; },
      carryOut: (_, signal) => new Promise((_resolve, reject) => { signal.addEventListener("abort", () => reject(new Error("it ends"))); }),
    });
    erasures.begin(order("a"));
    await settle();
    expect(isLocked).to.equal(true);
    await erasures.close();
    erasures.begin(order("b"));
    expect([isLocked, due.length, warned.length]).to.deep.equal([false, 0, 0]);
  });
});
