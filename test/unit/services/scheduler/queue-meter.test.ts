import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { registerMetrics } from "../../../../config/metrics/register-metrics.ts";
import { openQueueMeter, SHOWN_TENANTS } from "../../../../services/scheduler/queue-meter.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";

describe("the queue's figures", () => {
  let broker: ServiceBroker;
  let loads: Record<string, { waiting: number; cost: number; running: number }>;
  beforeEach(() => { broker = quietBroker(); loads = {}; });
  afterEach(() => broker.stop());

  const idle = { waiting: 0, active: 0, failed: 0, paused: false };
  const queue = {
    counts: async () => ({ play: idle, normal: { waiting: 5, active: 2, failed: 1, paused: true }, bulk: idle }),
    oldest: async () => ({ normal: 10_000 }),
    tenants: async () => loads,
    totals: async () => ({ added: 8, taken: 3 }),
  };
  const value = (name: string, labels: object): unknown => Reflect.get(broker.metrics.getMetric(name)?.get({ ...labels }) ?? {}, "value");
  const load = (waiting: number) => ({ waiting, cost: waiting, running: 1 });

  it("say lane by lane what waits, for how long, and whether it may", async () => {
    await openQueueMeter(registerMetrics(broker, "scheduler"), queue, [], () => 12_500)();
    expect(value("lectern_queue_jobs", { lane: "normal", state: "waiting" })).to.equal(5);
    expect([value("lectern_queue_oldest_wait_seconds", { lane: "normal" }), value("lectern_queue_oldest_wait_seconds", { lane: "play" })]).to.deep.equal([2.5, 0]);
    expect([value("lectern_queue_paused", { lane: "normal" }), value("lectern_queue_paused", { lane: "play" })]).to.deep.equal([1, 0]);
    expect(value("lectern_queue_steps_total", { what: "added" })).to.equal(8);
  });

  it("have few tenants, those of the settings first, and sum the others; who has nothing any more has 0", async () => {
    const measure = openQueueMeter(registerMetrics(broker, "scheduler"), queue, ["zoology"]);
    loads = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`t${String(n).padStart(2, "0")}`, load(1)]));
    loads["zoology"] = load(7);
    await measure();
    expect(value("lectern_queue_tenant_jobs", { tenant: "zoology", state: "waiting" })).to.equal(7);
    expect(value("lectern_queue_tenant_jobs", { tenant: "t00", state: "waiting" })).to.equal(1);
    expect(value("lectern_queue_tenant_jobs", { tenant: "other", state: "waiting" })).to.equal(51 - SHOWN_TENANTS);
    loads = { t49: load(3) };
    await measure();
    expect([value("lectern_queue_tenant_jobs", { tenant: "zoology", state: "waiting" }), value("lectern_queue_tenant_jobs", { tenant: "other", state: "waiting" })]).to.deep.equal([0, 3]);
  });
});
