import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { notePlayerReport } from "../../../mixins/player-report.ts";
import { quietBroker } from "../../support/quiet-broker.ts";

describe("notePlayerReport", () => {
  let broker: ServiceBroker;
  beforeEach(() => { broker = quietBroker(); });
  afterEach(() => broker.stop());

  interface Value { value?: number; count?: number; sum?: number }
  const get = (name: string, labels = {}): Value => (broker.metrics.getMetric(name)?.get(labels) ?? {}) as Value;

  it("counts start-up, stalls with their time, and switches", () => {
    notePlayerReport(broker, { startupSec: 0.4, stallsSec: [1.5, 0.5], switchesUp: 2 });
    notePlayerReport(broker, { startupSec: 0.6, switchesUp: 1, switchesDown: 1 });
    expect(get("lectern_player_startup_seconds")).to.deep.include({ count: 2, sum: 1 });
    expect(get("lectern_player_stall_seconds")).to.deep.include({ count: 2, sum: 2 });
    expect(get("lectern_player_stalls_total").value).to.equal(2);
    expect(get("lectern_player_switches_total", { way: "up" }).value).to.equal(3);
    expect(get("lectern_player_switches_total", { way: "down" }).value).to.equal(1);
  });

  it("leaves out what no player can mean, and bounds what one report counts", () => {
    notePlayerReport(broker, { startupSec: -1, stallsSec: [NaN, Infinity, -0.1, 1e9], switchesUp: -3, switchesDown: 0.5 });
    expect(get("lectern_player_startup_seconds")).to.deep.equal({});
    expect(get("lectern_player_stalls_total").value).to.equal(0);
    expect(get("lectern_player_switches_total", { way: "up" }).value).to.equal(0);
    notePlayerReport(broker, { stallsSec: Array.from({ length: 5_000 }, () => 1), switchesUp: 1e12 });
    expect(get("lectern_player_stalls_total").value).to.equal(4);
    expect(get("lectern_player_switches_total", { way: "up" }).value).to.equal(1_000);
  });
});
