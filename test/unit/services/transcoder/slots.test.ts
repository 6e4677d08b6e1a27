import { expect } from "chai";
import { openSlots } from "../../../../services/transcoder/slots.ts";
import { settle } from "../../../support/mock-clock.ts";
import { rejection } from "../../../support/rejection.ts";

/** Work that ends when it is told to. */
function held() {
  const gates: PromiseWithResolvers<void>[] = [];
  return { gates, work: async () => { const gate = Promise.withResolvers<void>(); gates.push(gate); await gate.promise; } };
}

describe("slots", () => {
  it("run as many at once as there is room, the next in their order", async () => {
    const slots = openSlots(2);
    const order: number[] = [];
    const { gates, work } = held();
    const runs = [0, 1, 2, 3].map((n) => slots.run("background", async () => { order.push(n); await work(); }));
    await settle();
    expect(order).to.deep.equal([0, 1]);
    expect(slots.busy()).to.deep.equal({ play: 0, background: 2, waiting: 2 });
    gates[1]?.resolve();
    await settle();
    expect(order).to.deep.equal([0, 1, 2]);
    gates[0]?.resolve();
    await settle();
    expect(order).to.deep.equal([0, 1, 2, 3]);
    for (const gate of gates) gate.resolve();
    await Promise.all(runs);
    expect(slots.busy()).to.deep.equal({ play: 0, background: 0, waiting: 0 });
  });

  it("keep a viewer's segment from waiting behind the background", async () => {
    const slots = openSlots(1);
    const { gates, work } = held();
    const background = [slots.run("background", work), slots.run("background", work)];
    expect(await slots.run("play", async () => "bytes")).to.equal("bytes");
    expect(slots.busy()).to.deep.equal({ play: 0, background: 1, waiting: 1 });
    gates[0]?.resolve();
    await settle();
    gates[1]?.resolve();
    await Promise.all(background);
  });

  it("are given back by work that fails", async () => {
    const slots = openSlots(1);
    for (let i = 0; i < 3; i++) expect(await rejection(slots.run("play", () => Promise.reject(new Error(`fault ${i}`))), "run")).to.have.property("message", `fault ${i}`);
    expect(await slots.run("play", async () => 1)).to.equal(1);
    expect(slots.busy().play).to.equal(0);
  });

  it("are handed over, never lost or doubled, whatever fails in between", async () => {
    const slots = openSlots(3);
    let [running, most] = [0, 0];
    await Promise.allSettled(Array.from({ length: 60 }, (_, n) => slots.run("background", async () => {
      most = Math.max(most, ++running);
      await settle();
      running--;
      if (n % 3 === 0) throw new Error("fault");
    })));
    expect(most).to.equal(3);
    expect(slots.busy()).to.deep.equal({ play: 0, background: 0, waiting: 0 });
  });

  it("refuse when too many wait", async () => {
    const slots = openSlots(1);
    const { gates, work } = held();
    const runs = Array.from({ length: 257 }, (_, n) => (n === 0 ? slots.run("play", work) : slots.run("play", async () => undefined)));
    expect(await rejection(slots.run("play", work), "one too many")).to.deep.include({ type: "overloaded", data: { retryAfterSec: 2 } });
    gates[0]?.resolve();
    await Promise.all(runs);
    expect(slots.busy()).to.deep.equal({ play: 0, background: 0, waiting: 0 });
  });
});
