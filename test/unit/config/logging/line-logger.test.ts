import { expect } from "chai";
import * as fc from "fast-check";
import { ServiceBroker } from "moleculer";
import { fail } from "../../../../config/errors.ts";
import { openFloodGuard, type Flood } from "../../../../config/logging/flood-guard.ts";
import { LineLogger } from "../../../../config/logging/line-logger.ts";
import { openScrub } from "../../../../config/logging/scrub.ts";
import { inScope } from "../../../../config/requests/request-scope.ts";

const VIDEO = "01arz3ndektsv4rrffq69g5fav";

const open = (format: "text" | "json") => {
  const lines: string[] = [];
  const broker = new ServiceBroker({ nodeID: "node-1", logger: new LineLogger({ level: "info", format, region: "eu", scrub: openScrub([]), write: (line) => lines.push(line) }) });
  return { logger: broker.getLogger("videos"), lines };
};

function logged(format: "text" | "json", work: (logger: ServiceBroker["logger"]) => void): string[] {
  const { logger, lines } = open(format);
  lines.length = 0;
  work(logger);
  return lines;
}
const parse = (lines: readonly string[]): Record<string, unknown>[] => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

describe("LineLogger", () => {
  it("writes JSON with steady names, and the request that a line belongs to", () => {
    const [line = {}] = parse(logged("json", (logger) => inScope({ requestId: "req-1", cause: "post-1", videoId: VIDEO }, () => logger.warn("It waits:", 3, { left: 2 }))));
    expect(line["time"]).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect({ ...line, time: "" }).to.deep.equal({ level: "warn", time: "", node: "node-1", region: "eu", service: "videos", requestId: "req-1", cause: "post-1", videoId: VIDEO, msg: "It waits: 3 { left: 2 }" });
  });

  it("takes the video from the sentence where nothing else names it, and leaves out what is not known", () => {
    const [line = {}] = parse(logged("json", (logger) => logger.info(`Video ${VIDEO}: complete.`)));
    expect(Object.keys(line)).to.deep.equal(["level", "time", "node", "region", "service", "videoId", "msg"]);
    expect(line["videoId"]).to.equal(VIDEO);
  });

  it("writes errors as objects, with their code and their frames", () => {
    const [line = {}] = parse(logged("json", (logger) => logger.error("GET /x 500:", fail("storage_full", "no room"))));
    const err = line["err"] as Record<string, string>;
    expect([line["msg"], err["code"], err["message"]]).to.deep.equal(["GET /x 500:", "storage_full", "no room"]);
    expect(err["stack"]).to.match(/^at .+line-logger\.test\.ts/);
    expect(logged("text", (logger) => logger.error("GET /x 500:", fail("storage_full", "no room")))).to.have.length(1).and.satisfy(([text = ""]) => /ERROR +VIDEOS *: GET \/x 500: no room \(at .*\)$/.test(text));
  });

  it("carries the short id in lines for people", () => {
    const [line] = logged("text", (logger) => inScope({ requestId: "0af7651916cd43dd8448eb211c80319c" }, () => logger.info("listening")));
    expect(line).to.match(/^\[\d\d:\d\d:\d\d\.\d{3}Z\] INFO {2}VIDEOS *: listening #0af76519$/);
  });

  it("lets nothing that is logged begin another line, or grow without end", () => {
    const hostile = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.constantFrom("\n[12:00:00.000Z] FATAL BROKER: forged", "\r\nx", "\u2028x", "\u0085", "\u202egnp.exe", "\u001b[2J", "x".repeat(100_000)));
    const opened = { text: open("text"), json: open("json") };
    fc.assert(fc.property(hostile, hostile, (text, reason) => {
      for (const format of ["text", "json"] as const) {
        const { logger, lines } = opened[format];
        lines.length = 0;
        logger.fatal(text, new Error(reason), { title: text }); // what is never held back as a flood
        expect(lines).to.have.length(1);
        expect(lines[0]).not.to.match(/[\p{Cc}\u2028\u2029\u202e]/u);
        expect(lines[0]?.length).to.be.below(20_000);
        if (format === "json") expect(() => parse(lines)).not.to.throw();
      }
    }), { numRuns: 40 });
  });

  it("counts as debug what Moleculer says of each service at every start", () => {
    expect(logged("text", (logger) => {
      for (const line of ["Waiting for service(s) 'storage'...", "'cache' service is registered.", "Service 'cache' started.", "Strategy: PlacementStrategy"]) logger.info(line);
      logger.warn("Service 'cache' started.");
      logger.info("Waiting for better days.");
    })).to.have.length(2);
  });

  it("survives what cannot be shown", () => {
    const odd = Object.assign(new Error("x"), { message: { toString: () => { throw new Error("y"); } }, stack: 7, code: {} });
    const trap = new Proxy({}, { get: () => { throw new Error("z"); }, ownKeys: () => { throw new Error("z"); } });
    expect(logged("json", (logger) => logger.error(odd, trap, Symbol("s"), 10n, undefined, null))).to.have.length(1);
  });

  it("writes so many of a flood of lines, and the rest as one when it is over or the node stops", () => {
    const lines: string[] = [];
    const sink = new LineLogger({ level: "debug", format: "text", region: "eu", scrub: openScrub([]), write: (line) => lines.push(line) });
    const logger = new ServiceBroker({ nodeID: "node-1", logger: sink }).getLogger("source");
    lines.length = 0;
    for (let n = 0; n < 100; n++) logger.warn(`Try ${n} failed.`);
    for (let n = 0; n < 100; n++) logger.debug("looked");
    sink.stop();
    expect(lines.filter((line) => line.includes("WARN"))).to.have.length(21);
    expect(lines.at(-1)).to.include("… 80 more like this: Try 0 failed.");
    expect(lines.filter((line) => line.includes("DEBUG"))).to.have.length(100);
  });

  it("says how many more there were of a line that came in a flood", () => {
    const floods: Flood[] = [];
    const guard = openFloodGuard((flood) => floods.push(flood), { maxAlike: 3, maxAll: 10 });
    const admitted = Array.from({ length: 100 }, (_, n) => guard.admit("warn", "source", `Work ${n} of a1b${n} failed`)).filter(Boolean);
    expect(admitted).to.have.length(3);
    expect(guard.admit("warn", "source", "something else")).to.equal(false); // all of a service's lines are bounded, too
    expect(guard.admit("warn", "cache", "something else")).to.equal(true);
    guard.flush();
    expect(floods.map(({ count, msg }) => [count, msg])).to.deep.equal([[97, "Work 0 of a1b0 failed"], [1, "something else"]]);
    expect(guard.admit("warn", "source", "Work 1 failed")).to.equal(true);
  });
});
