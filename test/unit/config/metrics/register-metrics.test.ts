import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { METRICS } from "../../../../config/metrics/metric-table.ts";
import { registerMetrics } from "../../../../config/metrics/register-metrics.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";

describe("registerMetrics", () => {
  let broker: ServiceBroker;
  beforeEach(() => { broker = quietBroker(); });
  afterEach(() => broker.stop());

  const series = (name: string): unknown[] => (broker.metrics.list({ includes: name })[0] as unknown as { values: { labels: unknown; value: number }[] }).values.map(({ labels, value }) => [labels, value]);

  it("writes what the table has, with its labels", () => {
    const metrics = registerMetrics(broker, "replication");
    metrics.set("lectern_replication_lag_seconds", 2.5, { peer: "eu" });
    metrics.set("lectern_replication_lag_seconds", 0, { peer: "us" });
    expect(series("lectern_replication_lag_seconds")).to.deep.equal([[{ peer: "eu" }, 2.5], [{ peer: "us" }, 0]]);
  });

  it("has counters of few series from the start, at 0", () => {
    registerMetrics(broker, "cache").add("lectern_cache_requests_total", 3, { tier: "redis" });
    expect(series("lectern_cache_requests_total")).to.deep.equal([[{ tier: "memory" }, 0], [{ tier: "redis" }, 3], [{ tier: "store" }, 0], [{ tier: "made" }, 0]]);
  });

  it("writes a value that a label does not know as `other`", () => {
    const metrics = registerMetrics(broker, "cache");
    for (const tier of ["glacier", "__proto__", "", "x".repeat(10_000)]) metrics.count("lectern_cache_requests_total", { tier });
    expect(series("lectern_cache_requests_total").slice(4)).to.deep.equal([[{ tier: "other" }, 4]]);
  });

  it("keeps the first values of an open label, and counts all later ones as `other`", () => {
    const metrics = registerMetrics(broker, "source");
    const { most } = METRICS.source.lectern_source_refusals_total.labels.code;
    metrics.count("lectern_source_refusals_total", { code: "other" });
    for (let round = 0; round < 2; round++) for (let n = 0; n < most + 100; n++) metrics.count("lectern_source_refusals_total", { code: `made_up_${n}` });
    const all = series("lectern_source_refusals_total");
    expect(all).to.have.length(most + 1);
    expect(all[0]).to.deep.equal([{ code: "other" }, 201]);
    expect([all[1], all.at(-1)]).to.deep.equal([[{ code: "made_up_0" }, 2], [{ code: `made_up_${most - 1}` }, 2]]);
  });

  it("goes on counting where a second service asks for the same group", () => {
    registerMetrics(broker, "transcoder").count("lectern_ffmpeg_failures_total");
    registerMetrics(broker, "transcoder").count("lectern_ffmpeg_failures_total");
    expect(series("lectern_ffmpeg_failures_total")).to.deep.equal([[{}, 2]]);
  });

  it("does nothing where metrics are off", () => {
    const silent = quietBroker({ metrics: false });
    registerMetrics(silent, "transcoder").count("lectern_ffmpeg_failures_total");
    expect(silent.metrics.list()).to.deep.equal([]);
  });

  it("knows its names and labels when it is compiled", () => {
    const metrics = registerMetrics(broker, "cache");
    const wrong = (): void => {
      // @ts-expect-error a typing error
      metrics.count("lectern_cache_request_total", { tier: "redis" });
      // @ts-expect-error a metric of another group
      metrics.count("lectern_ffmpeg_failures_total");
      // @ts-expect-error not what a gauge does
      metrics.count("lectern_cache_memory_bytes");
      // @ts-expect-error a label that it does not have
      metrics.count("lectern_cache_requests_total", { tear: "redis" });
      // @ts-expect-error without its label
      metrics.count("lectern_cache_requests_total");
    };
    expect(wrong).to.be.a("function");
  });
});
