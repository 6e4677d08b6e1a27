import { readFileSync } from "node:fs";
import { expect } from "chai";
import { isClosed, sizeOf, type MetricDefinition } from "../../../../config/metrics/metric-definition.ts";
import { METRICS } from "../../../../config/metrics/metric-table.ts";
import { listFiles, readSource } from "../../../support/imports.ts";
import { allMetrics, metricRows } from "../../../support/metric-rows.ts";
import { parseTable } from "../../../support/readme-tables.ts";

const DOCUMENT = readFileSync(new URL("../../../../docs/metrics.md", import.meta.url), "utf8");
const CODE = listFiles("{config,mixins,services}/**/*.ts").filter((path) => !path.startsWith("config/metrics/")).map((path) => ({ path, source: readSource(path) }));

/** What one node may have of one metric; a bucket is a series. */
const MOST_SERIES = 1_500;

describe("the table of metrics", () => {
  it("has names as Prometheus has them: base units, and _total for what only grows", () => {
    for (const [name, { type }] of allMetrics()) {
      expect(name).to.match(/^lectern(_[a-z]+)+$/);
      expect(name, "not a base unit").to.not.match(/_(ms|milliseconds|minutes|hours|kb|mb|kilobytes|percent|bits)(_|$)/);
      expect(name.endsWith("_total"), `${name}: _total is a counter's, and every counter's`).to.equal(type === "counter");
      expect(name, "would be taken for a part of a histogram").to.not.match(/_(bucket|sum|count)$/);
    }
    const names = allMetrics().map(([name]) => name);
    expect(names.length).to.be.above(30);
    expect(new Set(names).size, "a name twice").to.equal(names.length);
  });

  it("bounds every metric: no label of its own kind, and few series", () => {
    const series = ({ labels, ...definition }: MetricDefinition): number =>
      Object.values(labels).reduce((product, bound) => product * sizeOf(bound), 1) * (definition.type === "histogram" ? definition.buckets.length + 3 : 1);
    for (const [name, definition] of allMetrics()) {
      expect(series(definition), name).to.be.at.most(MOST_SERIES);
      for (const [label, bound] of Object.entries(definition.labels)) {
        expect(label, name).to.match(/^[a-z]+(_[a-z]+)*$/).and.not.be.oneOf(["le", "quantile", "job", "instance"]);
        if (isClosed(bound)) expect(new Set(bound.values).size, `${name} ${label}`).to.equal(bound.values.length).and.be.above(0);
      }
      if (definition.type === "histogram") expect(definition.buckets, name).to.deep.equal([...new Set(definition.buckets)].sort((a, b) => a - b));
    }
  });

  it("is what docs/metrics.md says, which has a question for each", () => {
    const rows = parseTable(DOCUMENT, "Every metric");
    expect(rows.map((row) => row.slice(0, 5))).to.deep.equal(metricRows());
    for (const row of rows) expect(row[5], `the question of ${row[0]}`).to.match(/^[A-Z].{8,}\?$/);
  });

  it("names in docs/metrics.md and README only metrics that there are", () => {
    const names = new Set(allMetrics().map(([name]) => name));
    const ends = /_(bucket|sum|count)$/;
    for (const text of [DOCUMENT, readSource("README.md")]) {
      const wrong = [...text.matchAll(/\blectern_[a-z_]+/g)].map(([name]) => name).filter((name) => !names.has(name) && !names.has(name.replace(ends, "")));
      expect(wrong.filter((name) => !NOT_METRICS.has(name))).to.deep.equal([]);
    }
  });

  it("is all written: no metric is there that nothing counts", () => {
    for (const group of Object.values(METRICS)) {
      for (const [name, { type }] of Object.entries<MetricDefinition>(group)) {
        const verbs = { counter: "count|add|set", gauge: "set", histogram: "observe" }[type];
        const writes = new RegExp(String.raw`\.(?:${verbs})\(\s*"${name}"`);
        expect(CODE.some(({ source }) => writes.test(source)), `${name} is never written`).to.equal(true);
      }
    }
  });

  it("is the only way: no code registers or writes a metric by itself", () => {
    const own = /\bmetrics\.(?:register|increment|decrement|timer|getMetric)\(|broker\.metrics\.(?:set|observe)\(|\bnew (?:Gauge|Counter|Histogram|Summary)\(/;
    expect(CODE.filter(({ source }) => own.test(source)).map(({ path }) => path)).to.deep.equal([]);
    for (const group of Object.keys(METRICS)) {
      expect(CODE.some(({ source }) => new RegExp(String.raw`registerMetrics\([\w.]+, "${group}"\)`).test(source)), `nobody registers ${group}`).to.equal(true);
    }
  });
});

/** Claims of a log-in, and the beginning of every key. */
const NOT_METRICS = new Set(["lectern_roles", "lectern_tenant", "lectern_"]);
