import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { callCounts } from "../../../../config/metrics/call-counts.ts";
import { registerMetrics } from "../../../../config/metrics/register-metrics.ts";
import { TOTALS, type NodeFigures, type TotalName } from "../../../../services/node/node.contract.ts";
import { openNodeFigures, type NodeFiguresSource } from "../../../../services/node/figures/node-figures.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";

describe("figures of a node", () => {
  let broker: ServiceBroker;
  let source: NodeFiguresSource;
  let now = 1_000;
  beforeEach(() => {
    broker = quietBroker();
    source = openNodeFigures(broker, () => now);
  });
  afterEach(() => source.close());
  const total = ({ now: { totals } }: NodeFigures, name: TotalName): number | undefined => totals[TOTALS.indexOf(name)];
  const finish = (action: string, durationMs: number, fault?: { code: number; type: string }): void => callCounts(broker).of(action, action.split(".")[0] ?? "").ended(durationMs, fault === undefined ? undefined : { ...fault, name: "other" });

  it("count how long viewers waited for segments, and what failed by a fault of ours", () => {
    finish("delivery.segment", 40);
    finish("delivery.segment", 700);
    finish("delivery.segment", 90_000, { code: 504, type: "encode_stalled" });
    finish("delivery.segment", 10, { code: 404, type: "segment_not_found" });
    finish("delivery.segment", 10, { code: 503, type: "source_pending" });
    finish("videos.get", 10, { code: 500, type: "other" });
    const figures = source.read();
    expect((["segments", "segmentFaults", "seg100", "seg500", "seg1000", "seg8000"] as const).map((name) => total(figures, name))).to.deep.equal([5, 1, 3, 3, 4, 4]);
  });

  it("take the rest from the node's metrics, by the names that these have", () => {
    const [cache, origin, delivery, gateway, player, queue] = [registerMetrics(broker, "cache"), registerMetrics(broker, "source"), registerMetrics(broker, "delivery"), registerMetrics(broker, "gateway"), registerMetrics(broker, "player"), registerMetrics(broker, "scheduler")];
    cache.count("lectern_cache_requests_total", { tier: "memory" });
    origin.add("lectern_source_bytes_total", 700, { from: "origin" });
    origin.add("lectern_source_bytes_total", 30, { from: "disk" });
    delivery.observe("lectern_first_segment_seconds", 0.15, { mode: "repackage" }); // from the post: nobody may have waited
    gateway.observe("lectern_first_play_seconds", 0.3, { class: "repackage_warm" });
    gateway.observe("lectern_first_play_seconds", 2, { class: "encode_cold" });
    gateway.add("lectern_http_sent_bytes_total", 9_000);
    player.count("lectern_player_stalls_total");
    queue.set("lectern_queue_jobs", 4, { lane: "normal", state: "waiting" });
    const figures = source.read();
    const names = ["cacheMemory", "cacheMade", "originBytes", "nearBytes", "firstPlays", "play200", "play400", "play3000", "sentBytes", "playerStalls"] as const;
    expect(names.map((name) => total(figures, name))).to.deep.equal([1, 0, 700, 30, 2, 0, 1, 2, 9_000, 1]);
    expect(figures.now.waiting).to.deep.equal([0, 4, 0]);
  });

  it("say nothing of a queue where no scheduler runs, and of the past what is asked for", () => {
    now = 5_000;
    const figures = source.read();
    expect([figures.now.at, figures.now.waiting, figures.past.map(({ at }) => at)]).to.deep.equal([5_000, undefined, [1_000]]);
    expect(source.read(1_000).past).to.deep.equal([]);
    expect(figures.view).to.include({ nodeID: broker.nodeID, state: "active" });
  });
});
