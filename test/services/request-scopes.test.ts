/** One id for all that is done for a request, on whichever node, and in whatever way one service asks another. */
import { expect } from "chai";
import { ServiceBroker, type Context, type Service } from "moleculer";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { LineLogger } from "../../config/logging/line-logger.ts";
import { openScrub } from "../../config/logging/scrub.ts";
import { currentScope, inScope } from "../../config/requests/request-scope.ts";
import { announce } from "../../mixins/announce.ts";
import { eventually } from "../support/eventually.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";

const VIDEO = "01arz3ndektsv4rrffq69g5fav";
interface Line { node: string; msg: string; requestId?: string; cause?: string; videoId?: string }

describe("requests across nodes", function () {
  this.timeout(20_000);
  let nodes: ServiceBroker[] = [];
  let lines: Line[] = [];
  const said = (msg: string): Line | undefined => lines.find((line) => line.msg === msg);

  before(async () => {
    const [namespace, { url }] = [freshNamespace(), await sharedNats()];
    const open = (nodeId: string): ServiceBroker => {
      const config = loadConfig({ LECTERN_NATS_URL: url, LECTERN_NAMESPACE: namespace, LECTERN_NODE_ID: nodeId });
      const write = (line: string): void => void lines.push(JSON.parse(line) as Line);
      return new ServiceBroker({ ...brokerOptions(config), logger: new LineLogger({ level: "info", format: "json", region: "eu", scrub: openScrub([]), write }) });
    };
    const [door, worker] = [open("door"), open("worker")];
    nodes = [worker, door];
    door.createService({ name: "front", actions: {
      async ask(this: Service, ctx: Context<{ id: string }>) {
        await ctx.call("desk.work", { videoId: ctx.params.id });
        this.logger.info("answered");
      },
    } });
    worker.createService({
      name: "desk",
      actions: {
        async work(this: Service) {
          this.logger.info("begun");
          await Promise.all([this.broker.call("desk.more"), new Promise((resolve) => setTimeout(resolve, 5))]); // no context is handed on
          this.broker.logger.info("went on");
          announce(this.broker, "desk.worked", {});
        },
        more(this: Service) { this.logger.info("did more"); },
      },
    });
    door.createService({ name: "ear", events: { "desk.worked"(this: Service, ctx: Context) { this.logger.info(`heard under ${ctx.requestID}`); } } });
    await Promise.all(nodes.map((node) => node.start()));
    await door.waitForServices(["desk"], 5_000);
  });
  beforeEach(() => { lines = []; });
  after(() => Promise.all(nodes.map((node) => node.stop())));
  const door = (): ServiceBroker => nodes[1] as ServiceBroker;

  it("have their id in every line, call and event that comes of them", async () => {
    await door().call("front.ask", { id: VIDEO }, { requestID: "req-1" });
    await eventually(() => said("heard under req-1"));
    const about = (msg: string): unknown[] => [said(msg)?.node, said(msg)?.requestId, said(msg)?.videoId];
    expect(about("begun")).to.deep.equal(["worker", "req-1", VIDEO]);
    expect(about("did more")).to.deep.equal(["worker", "req-1", VIDEO]);
    expect(about("went on")).to.deep.equal(["worker", "req-1", VIDEO]);
    expect(about("answered")).to.deep.equal(["door", "req-1", VIDEO]);
    expect(about("heard under req-1").slice(0, 2)).to.deep.equal(["door", "req-1"]);
    expect(currentScope()).to.equal(undefined);
  });

  it("are told apart while they are worked on at once", async () => {
    await Promise.all(["a", "b", "c"].map((requestID) => door().call("front.ask", { id: VIDEO }, { requestID })));
    for (const msg of ["begun", "did more", "went on", "answered"]) expect(lines.filter((line) => line.msg === msg).map(({ requestId }) => requestId).toSorted(), msg).to.deep.equal(["a", "b", "c"]);
  });

  it("are named by work in the background, which has an id of its own", async () => {
    await inScope({ requestId: "chunk-1", cause: "req-2" }, () => door().call("front.ask", { id: VIDEO }));
    for (const msg of ["begun", "did more", "answered"]) expect([said(msg)?.requestId, said(msg)?.cause], msg).to.deep.equal(["chunk-1", "req-2"]);
  });
});
