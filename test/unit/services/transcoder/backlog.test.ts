import { expect } from "chai";
import { openBacklog } from "../../../../services/transcoder/backlog.ts";
import { rejection } from "../../../support/rejection.ts";

describe("backlog of a publisher", () => {
  const never = new AbortController().signal;

  it("lets the background go on while little waits, and when little waits again", async () => {
    const told: number[] = [];
    const backlog = openBacklog((bytes) => told.push(bytes), { calmBytes: 100, maxBytes: 200 });
    const first = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    const works = [backlog.hold(60, () => first.promise), backlog.hold(60, () => second.promise)];
    let calm = false;
    const waiting = backlog.calm(never).then(() => { calm = true; });
    await new Promise((resolve) => setImmediate(resolve));
    expect([calm, backlog.bytes()]).to.deep.equal([false, 120]);
    first.reject(new Error("staged"));
    await Promise.allSettled([works[0]]);
    await waiting;
    expect(backlog.bytes()).to.equal(60);
    second.resolve();
    await works[1];
    expect(backlog.bytes()).to.equal(0);
    expect(told).to.deep.equal([60, 120, 60, 0]);
  });

  it("takes no more than its limit, and does not begin what it does not take", async () => {
    const backlog = openBacklog(undefined, { calmBytes: 100, maxBytes: 200 });
    const held = Promise.withResolvers<void>();
    const work = backlog.hold(150, () => held.promise);
    let began = false;
    expect(backlog.hold(51, async () => { began = true; })).to.equal(undefined);
    expect(began).to.equal(false);
    held.resolve();
    await work;
    await backlog.hold(51, async () => { began = true; });
    expect(began).to.equal(true);
  });

  it("keeps nobody who is aborted", async () => {
    const backlog = openBacklog(undefined, { calmBytes: 100, maxBytes: 200 });
    const held = Promise.withResolvers<void>();
    const work = backlog.hold(150, () => held.promise);
    const leaving = new AbortController();
    const waiting = backlog.calm(leaving.signal);
    leaving.abort();
    expect(await rejection(waiting, "aborted")).to.include({ type: "encode_failed" });
    held.resolve();
    await work;
  });
});
