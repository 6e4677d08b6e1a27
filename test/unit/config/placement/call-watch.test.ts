import { mock } from "node:test";
import { expect } from "chai";
import { openCallWatch } from "../../../../config/placement/call-watch.ts";

/** A mesh in which nodes answer pings at once, save those in `silent`. */
function staged() {
  mock.timers.enable({ apis: ["setInterval"] });
  const state = { ms: 0, silent: new Set<string>(), found: [] as string[], pings: 0 };
  const heard = new Map<string, number>();
  const watch = openCallWatch({
    ownId: "own",
    ping(nodeId) {
      state.pings++;
      if (!state.silent.has(nodeId)) heard.set(nodeId, state.ms);
    },
    heardAt: (nodeId) => heard.get(nodeId),
    onSilent: (nodeId) => void state.found.push(nodeId),
    now: () => state.ms,
  });
  return {
    state, watch,
    pass(ms: number): void {
      for (let passed = 0; passed < ms; passed += 250) {
        state.ms += 250;
        mock.timers.tick(250);
      }
    },
  };
}

describe("watch on calls", () => {
  afterEach(() => mock.timers.reset());

  /** What was given up, by name. */
  const watched = (watch: ReturnType<typeof staged>["watch"], nodeId: string, given: string[], name = nodeId) => watch.watch(nodeId, () => void given.push(name));

  it("gives up all calls to a node of which nothing is heard for a second, and no others", () => {
    const { state, watch, pass } = staged();
    const given: string[] = [];
    watched(watch, "dead", given, "first");
    watched(watch, "living", given);
    pass(500);
    state.silent.add("dead");
    watched(watch, "dead", given, "second");
    pass(750);
    expect(given).to.deep.equal([]);
    pass(250);
    expect([given, state.found]).to.deep.equal([["first", "second"], ["dead"]]);
  });

  it("gives a new call to a silent node its second", () => {
    const { state, watch, pass } = staged();
    const given: string[] = [];
    state.silent.add("dead");
    const end = watched(watch, "dead", given, "first");
    pass(1_000);
    end();
    watched(watch, "dead", given, "second");
    pass(750);
    expect(given).to.deep.equal(["first"]);
    pass(250);
    expect(given).to.deep.equal(["first", "second"]);
  });

  it("gives nobody up while this node itself is cut off, and waits a second when it is back", () => {
    const { state, watch, pass } = staged();
    const given: string[] = [];
    watched(watch, "other", given);
    state.silent = new Set(["own", "other"]);
    pass(10_000);
    expect(given).to.deep.equal([]);
    state.silent.delete("own");
    pass(1_000);
    expect(given).to.deep.equal([]);
    pass(500);
    expect(given).to.deep.equal(["other"]);
  });

  it("gives up what was asked before its own line was whole again, as soon as the node is heard", () => {
    const { state, watch, pass } = staged();
    const given: string[] = [];
    watched(watch, "other", given, "before");
    pass(250);
    state.silent = new Set(["own", "other"]);
    pass(5_000);
    watch.restored();
    state.silent.delete("own");
    pass(500);
    watched(watch, "other", given, "after");
    expect(given).to.deep.equal([]);
    state.silent.delete("other");
    pass(500);
    expect([given, state.found]).to.deep.equal([["before"], []]);
    pass(5_000);
    expect(given).to.deep.equal(["before"]);
  });

  it("gives nobody up when its own timer was late: what arrived meanwhile is not read yet", () => {
    const { state, watch, pass } = staged();
    const given: string[] = [];
    watched(watch, "other", given);
    pass(250);
    state.silent.add("other");
    state.ms += 5_000;
    pass(250);
    expect(given).to.deep.equal([]);
    state.silent.delete("other");
    pass(2_000);
    expect(given).to.deep.equal([]);
  });

  it("asks nobody anything when no call waits", () => {
    const { state, watch, pass } = staged();
    const ends = [watch.watch("a", () => undefined), watch.watch("a", () => undefined)];
    pass(500);
    for (const end of ends) end();
    const before = state.pings;
    pass(5_000);
    expect(state.pings).to.equal(before);
    watch.watch("a", () => undefined);
    pass(500);
    expect(state.pings).to.be.above(before);
  });
});
