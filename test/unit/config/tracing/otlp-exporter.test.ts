import { expect } from "chai";
import { openScrub } from "../../../../config/logging/scrub.ts";
import { openOtlpExporter, type OtlpExporter } from "../../../../config/tracing/otlp-exporter.ts";
import { eventually } from "../../../support/eventually.ts";
import { startOtlpCollector, type OtlpCollector } from "../../../support/otlp-collector.ts";
import { findFreePort } from "../../../support/ports.ts";

const kept = (n: number) => ({ requestId: `request-${n}`, span: { id: "b7ad6b7169203331", name: "step", kind: "internal" as const, startMs: 1_767_225_600_123, durationMs: 1, tags: {} } });

describe("the exporter of traces", () => {
  let collector: OtlpCollector;
  let exporter: OtlpExporter;
  let sent: number;
  let dropped: Record<string, number>;
  let said: string[];

  beforeEach(async () => {
    collector = await startOtlpCollector();
    [sent, dropped, said] = [0, {}, []];
  });
  afterEach(() => collector.stop());
  const say = (text: unknown): void => void said.push(String(text));
  const open = (url = collector.url, maxWaiting = 1_000, answerMs = 20_000): OtlpExporter => openOtlpExporter({
    url, maxWaiting, resource: { node: "n1", region: "eu", version: "1" }, scrub: openScrub([]), logger: { warn: say, info: say, debug: say },
    onSent: (count) => { sent += count; }, onDropped: (count, why) => { dropped[why] = (dropped[why] ?? 0) + count; }, times: { every: 10, answer: answerMs, rest: 10, longRest: 50, last: answerMs },
  });

  it("sends in batches what a collector takes, with who asks", async () => {
    exporter = open(collector.url.replace("//", "//anna:p%40ss@"));
    for (let n = 0; n < 600; n++) exporter.add(kept(n));
    await exporter.close();
    expect([sent, collector.spans.length, collector.faults]).to.deep.equal([600, 600, []]);
    expect(collector.bodies.length).to.be.at.most(3);
    expect(collector.headers[0]?.["authorization"]).to.equal(`Basic ${Buffer.from("anna:p@ss").toString("base64")}`);
  });

  it("keeps what a busy collector does not take, and says once that it is", async () => {
    collector.answer = 503;
    exporter = open();
    exporter.add(kept(1));
    await eventually(() => said.length > 0);
    collector.answer = 200;
    await eventually(() => collector.spans.length === 1);
    await exporter.close();
    expect([sent, dropped]).to.deep.equal([1, {}]);
    expect(said).to.have.length(2);
  });

  it("gives up what a collector refuses", async () => {
    collector.answer = 400;
    exporter = open();
    exporter.add(kept(1));
    await eventually(() => dropped["refused"] === 1);
    expect(exporter.waiting()).to.equal(0);
    await exporter.close();
  });

  for (const how of ["away", "silent"] as const) {
    it(`has its bound while the collector is ${how}, and does not hold up a node that stops`, async () => {
      if (how === "silent") collector.answer = "hang";
      exporter = open(how === "away" ? `http://127.0.0.1:${await findFreePort()}` : undefined, 100, 200);
      for (let n = 0; n < 1_000; n++) exporter.add(kept(n));
      expect([exporter.waiting(), dropped["full"]]).to.deep.equal([100, 900]);
      await exporter.close();
      expect([sent, dropped, exporter.waiting()]).to.deep.equal([0, { full: 900, away: 100 }, 0]);
    });
  }
});
