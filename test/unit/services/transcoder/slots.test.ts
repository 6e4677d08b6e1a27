import { setTimeout as delay } from "node:timers/promises";
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

  it("let what is cancelled leave the queue", async () => {
    const slots = openSlots(1);
    const { gates, work } = held();
    const leaving = new AbortController();
    const runs = [slots.run("play", work), slots.run("play", async () => "second")];
    const cancelledRun = rejection(slots.run("play", async () => "never", leaving.signal), "cancelled");
    leaving.abort();
    expect(await cancelledRun).to.have.property("type", "encode_failed");
    expect(slots.busy()).to.deep.equal({ play: 1, background: 0, waiting: 1 });
    expect(await rejection(slots.run("play", async () => "never", leaving.signal), "too late")).to.have.property("type", "encode_failed");
    gates[0]?.resolve();
    expect((await Promise.all(runs))[1]).to.equal("second");
    expect(slots.busy()).to.deep.equal({ play: 0, background: 0, waiting: 0 });
  });

  it("let the background begin only when no viewer has waited for a while", async () => {
    const slots = openSlots(2, { settleMs: 40, holdMs: 60_000 });
    const { gates, work } = held();
    const order: string[] = [];
    const playing = slots.run("play", work);
    const background = slots.run("background", async () => { order.push("background"); });
    await delay(100);
    order.push("played");
    gates[0]?.resolve();
    await playing;
    const next = slots.run("play", async () => { order.push("played on"); }); // at once, as a player asks
    await Promise.all([background, next]);
    expect(order).to.deep.equal(["played", "played on", "background"]);
  });

  it("let the background begin at last although viewers wait all the time, unless it is cancelled before", async () => {
    const slots = openSlots(2, { settleMs: 5_000, holdMs: 60 });
    const { gates, work } = held();
    const playing = slots.run("play", work);
    expect(await slots.run("background", async () => "begun")).to.equal("begun");
    const stop = new AbortController();
    const cancelled = rejection(slots.run("background", async () => "begun", stop.signal), "cancelled work");
    stop.abort();
    expect(String(await cancelled)).to.include("cancelled");
    gates[0]?.resolve();
    await playing;
  });
});
