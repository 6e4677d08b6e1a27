import { expect } from "chai";
import { openFlights } from "../../../../services/transcoder/flights.ts";

const LATE = new Error("the run ended");

describe("flights", () => {
  it("let all who ask for a file have the bytes of one run", () => {
    const flights = openFlights();
    const run = flights.begin("play");
    const bytes = flights.file(run, "a");
    expect(flights.join("a", "one")?.bytes).to.equal(bytes);
    expect(flights.join("a", undefined)?.bytes).to.equal(bytes);
    expect(flights.join("b", "one")).to.equal(undefined);
    flights.end(run, LATE);
    expect(flights.join("a", "two")).to.equal(undefined);
  });

  it("end a run that its last waiter has left, and make the file anew for the next", () => {
    const flights = openFlights();
    const run = flights.begin("play");
    flights.file(run, "a");
    for (const waiter of ["one", "two"]) flights.join("a", waiter);
    flights.leave("one");
    flights.leave("one");
    flights.leave("a stranger");
    expect(run.cancel.signal.aborted).to.equal(false);
    flights.leave("two");
    expect(run.cancel.signal.aborted).to.equal(true);
    expect(flights.join("a", "three")).to.equal(undefined);
    const next = flights.begin("play");
    flights.file(next, "a");
    flights.end(run, LATE); // the old one hears of it late
    expect(flights.join("a", "three")?.run).to.equal(next);
  });

  it("end no run that somebody may wait for still, that is nearly done, or that is the queue's", () => {
    for (const keep of ["pinned", "nearly done", "background"] as const) {
      const flights = openFlights();
      const run = flights.begin(keep === "background" ? "background" : "play");
      flights.file(run, "a");
      flights.join("a", "one");
      if (keep === "pinned") flights.join("a", undefined);
      run.nearlyDone = keep === "nearly done";
      flights.leave("one");
      expect(run.cancel.signal.aborted, keep).to.equal(false);
    }
  });

  it("do not count who has got the file already", async () => {
    const flights = openFlights();
    const run = flights.begin("play");
    const init = flights.file(run, "init");
    flights.file(run, "0");
    flights.join("init", "one");
    init.push(Buffer.from("init"));
    init.end();
    await new Promise(setImmediate);
    flights.leave("one");
    expect(run.cancel.signal.aborted, "a player asks for the segment next").to.equal(false);
    flights.join("0", "two");
    flights.leave("two");
    expect(run.cancel.signal.aborted).to.equal(true);
  });

  it("spare a viewer's run that the queue was quicker than", async () => {
    const flights = openFlights();
    const run = flights.begin("play");
    const bytes = flights.file(run, "a");
    flights.join("a", "one");
    flights.adopt("a", Buffer.from("made"));
    expect((await bytes.whole()).toString()).to.equal("made");
    expect(run.cancel.signal.aborted).to.equal(true);
    const begun = flights.begin("play");
    flights.file(begun, "b").push(Buffer.from("its own"));
    flights.adopt("b", Buffer.from("made"));
    expect(begun.cancel.signal.aborted, "one that has sent bytes goes on with them").to.equal(false);
  });
});
