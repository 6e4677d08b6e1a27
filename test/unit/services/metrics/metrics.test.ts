import { networkInterfaces } from "node:os";
import { expect } from "chai";
import { ServiceBroker, type Context } from "moleculer";
import { requestMetrics } from "../../../../config/middlewares/request-metrics.ts";
import { fail } from "../../../../config/errors.ts";
import { metricsService } from "../../../../services/metrics/metrics.service.ts";
import { eventually } from "../../../support/eventually.ts";
import { formatFamilies } from "../../../../services/metrics/prometheus-text.ts";

describe("metrics", () => {
  let broker: ServiceBroker;
  let url: string;

  before(async () => {
    broker = new ServiceBroker({ nodeID: "node-1", logger: false, metrics: true, middlewares: [requestMetrics] });
    const service = broker.createService(metricsService({ metricsHost: "127.0.0.1", metricsPort: 0 }));
    broker.createService({
      name: "sums",
      actions: {
        add: (ctx: Context<{ a: number; b: number }>) => ctx.params.a + ctx.params.b,
        refuse() { throw fail("bad_request", "no"); },
        break() { throw new TypeError(`made up ${Math.random()}`); },
      },
    });
    await broker.start();
    url = (service as unknown as { metricsUrl: string }).metricsUrl;
  });
  after(() => broker.stop());

  const scrape = async (): Promise<Map<string, Family>> => parseExposition(await (await fetch(`${url}/metrics`)).text());

  it("counts requests, errors and durations by bounded labels", async () => {
    await broker.call("sums.add", { a: 1, b: 2 });
    await broker.call("sums.add", { a: 3, b: 4 });
    for (const action of ["sums.refuse", "sums.break", "sums.break"]) await broker.call(action).catch(() => "as it should");
    const families = await scrape();
    const find = (family: string, sample: string) => families.get(family)?.samples.get(sample);
    expect(find("moleculer_req_total", 'moleculer_req_total{action="sums.add",service="sums",nodeID="node-1"}')).to.equal(2);
    expect(find("moleculer_req_duration_ms", 'moleculer_req_duration_ms_count{action="sums.add",service="sums",nodeID="node-1"}')).to.equal(2);
    expect(find("moleculer_req_errors_total", 'moleculer_req_errors_total{action="sums.refuse",service="sums",nodeID="node-1",errorCode="400",errorName="MoleculerError",errorType="bad_request"}')).to.equal(1);
    expect(find("moleculer_req_errors_total", 'moleculer_req_errors_total{action="sums.break",service="sums",nodeID="node-1",errorCode="500",errorName="other",errorType="other"}')).to.equal(2);
  });

  it("gives a text that parses, each family once, with the mesh's gauges and Moleculer's own metrics", async () => {
    await eventually(async () => (await scrape()).get("moleculer_nodes_total")?.samples.get("moleculer_nodes_total") === 1); // counted soon after a change
    const families = await scrape();
    for (const name of ["moleculer_services_total", "process_cpu_seconds_total", "moleculer_registry_services_total"]) expect([...families.keys()]).to.include(name);
  });

  it("has no series of a service that is not there any more", async () => {
    const find = async (): Promise<number | undefined> => (await scrape()).get("moleculer_service_endpoints_total")?.samples.get('moleculer_service_endpoints_total{service="passing",version="undefined"}');
    const service = broker.createService({ name: "passing", actions: { pass: () => true } });
    await eventually(async () => (await find()) === 1);
    await broker.destroyService(service);
    await eventually(async () => (await find()) === undefined);
  });

  it("gives the same families to the gateway by its action", async () => {
    const scraped = await scrape(); // first: the host's own figures come in only by and by
    const byAction = parseExposition(await broker.call<string, object>("metrics.text", {}));
    expect([...byAction.keys()]).to.include.members([...scraped.keys()]);
  });

  it("listens on the address of its settings only", async () => {
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []).filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address);
    for (const address of ["127.0.0.2", ...others]) {
      const reached = await fetch(`http://${address}:${new URL(url).port}/metrics`).then(() => true, () => false);
      expect(reached, address).to.equal(false);
    }
  });

  it("answers probes, and nothing else", async () => {
    expect(await (await fetch(`${url}/health/live`)).json()).to.deep.equal({ status: "live" });
    expect((await fetch(`${url}/`)).status).to.equal(404);
    expect((await fetch(`${url}/metrics`, { method: "POST" })).status).to.equal(405);
  });
});

describe("formatFamilies", () => {
  it("writes counters, information and histograms", () => {
    expect(formatFamilies([
      { type: "counter", name: "a.b-c", description: "things\nseen", values: [{ labels: { x: 'say "hi"\n' }, value: 3 }] },
      { type: "info", name: "node.type", values: [{ value: "nodejs" }] },
      { type: "histogram", name: "time", values: [{ labels: { x: null }, buckets: { 1: 2, 5: 3 }, sum: 9.5, count: 4 }] },
      { type: "gauge", name: "taken", values: [{ value: 1 }] },
      { type: "gauge", name: "os.user.username", values: [{ value: 1 }] },
      { type: "info", name: "process.arguments", values: [{ value: "--key=secret" }] },
    ], new Set(["taken"]))).to.equal(String.raw`# HELP a_b_c things\nseen
# TYPE a_b_c counter
a_b_c{x="say \"hi\"\n"} 3
# HELP node_type node.type
# TYPE node_type gauge
node_type{value="nodejs"} 1
# HELP time time
# TYPE time histogram
time_bucket{x="",le="1"} 2
time_bucket{x="",le="5"} 3
time_bucket{x="",le="+Inf"} 4
time_sum{x=""} 9.5
time_count{x=""} 4
`);
  });
});

interface Family { type: string; samples: Map<string, number> }

/** A strict reader of the text format 0.0.4: what it doesn't know, it refuses. */
function parseExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current = "";
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("# HELP ")) continue;
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (type !== null) {
      const [, name = "", kind = ""] = type;
      expect(families.has(name), `family ${name} twice`).to.equal(false);
      families.set(current = name, { type: kind, samples: new Map() });
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$/.exec(line);
    expect(sample, line).to.not.equal(null);
    const [, name = "", labels = "", value = ""] = sample ?? [];
    const family = families.get(current);
    const suffixes = family?.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    expect(suffixes.map((suffix) => current + suffix), line).to.include(name);
    expect(family?.samples.has(name + labels), `sample ${line} twice`).to.equal(false);
    family?.samples.set(name + labels, Number(value));
  }
  return families;
}
