import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import type { MetricDefinition } from "../../../../config/metrics/metric-definition.ts";
import { METRICS } from "../../../../config/metrics/metric-table.ts";
import { registerMetrics, type GroupName } from "../../../../config/metrics/register-metrics.ts";
import { formatFamilies, parseFamilies } from "../../../../services/metrics/prometheus-text.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";

/** Prometheus' own reader and lint; `wrong` when it finds anything. */
async function lint(exposition: string): Promise<{ wrong: boolean; said: string }> {
  const promtool = spawn("promtool", ["check", "metrics"]);
  const [said] = await Promise.all([text(promtool.stderr), once(promtool, "close"), promtool.stdin.end(exposition)]);
  return { wrong: promtool.exitCode !== 0, said };
}

describe("what Prometheus reads of the metrics", () => {
  it("is without a complaint of promtool's", async () => {
    const broker = quietBroker();
    for (const group of Object.keys(METRICS).filter((name): name is GroupName => name in METRICS)) {
      registerMetrics(broker, group);
      for (const [name, { type, labels }] of Object.entries<MetricDefinition>(METRICS[group])) {
        const values = Object.fromEntries(Object.keys(labels).map((label) => [label, 'odd "value"\n\\']));
        if (type === "histogram") broker.metrics.observe(name, 1.5, values);
        else broker.metrics.set(name, 1, values);
      }
    }
    const exposition = formatFamilies(parseFamilies(broker.metrics.list({ includes: "lectern_**" })), new Set());
    expect(exposition.match(/^# TYPE /gm)?.length).to.be.above(50);
    expect(await lint(exposition)).to.deep.equal({ wrong: false, said: "" });
    await broker.stop();
  });

  it("would be complained of where it is not as it should be", async () => {
    expect(await lint("# HELP a_ms x\n# TYPE a_ms counter\na_ms 1\n")).to.have.property("wrong", true);
    expect(await lint("a{b=\"c} 1\n")).to.have.property("wrong", true);
  });
});
