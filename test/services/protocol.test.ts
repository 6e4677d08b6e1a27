/** Nodes of several versions in one mesh, as a rolling upgrade has them. */
import { expect } from "chai";
import { ServiceBroker, type Context, type ServiceSchema } from "moleculer";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { PROTOCOL } from "../../config/protocol.ts";
import { eventually } from "../support/eventually.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";

describe("nodes of different protocols", function () {
  this.timeout(30_000);
  const brokers = new Map<number, ServiceBroker>();
  const lines: string[] = [];
  const heard: string[] = [];

  const greeter: ServiceSchema = {
    name: "greeter",
    actions: { greet: (ctx: Context): string => `hello from ${ctx.broker.nodeID}` },
    events: { "greeting.sent": (ctx: Context<{ from: string }>): void => { heard.push(`${ctx.params.from} → ${ctx.broker.nodeID}`); } },
  };
  const nodeOf = (protocol: number): ServiceBroker => {
    const broker = brokers.get(protocol);
    if (broker === undefined) throw new Error(`no node speaks ${protocol}`);
    return broker;
  };
  before(async () => {
    const { url } = await sharedNats();
    const namespace = freshNamespace();
    for (const protocol of [PROTOCOL, PROTOCOL + 1, PROTOCOL + 2]) {
      const config = loadConfig({ LECTERN_NATS_URL: url, LECTERN_NAMESPACE: namespace, LECTERN_NODE_ID: `p${protocol}` });
      const broker = new ServiceBroker({
        ...brokerOptions(config, protocol), skipProcessEventRegistration: true, registry: { preferLocal: false }, requestTimeout: 3_000,
        logger: { type: "Console", options: { level: "warn", formatter: (_: string, args: unknown[]): string[] => { lines.push(`p${protocol}: ${args.join(" ")}`); return []; } } },
      });
      brokers.set(protocol, broker);
      broker.createService(greeter);
    }
    await Promise.all([...brokers.values()].map((broker) => broker.start()));
    await eventually(() => lines.length >= 2);
    await eventually(async () => (await knownTo(PROTOCOL + 1)).length === 3);
    await eventually(async () => (await knownTo(PROTOCOL)).length === 2 && (await knownTo(PROTOCOL + 2)).length === 2);
  });
  after(() => Promise.all([...brokers.values()].map((broker) => broker.stop())));

  const knownTo = async (protocol: number): Promise<string[]> =>
    (await nodeOf(protocol).call<{ id: string; available: boolean }[], object>("$node.list", { onlyAvailable: true })).map(({ id }) => id).sort();
  const name = (protocol: number): string => `p${protocol}`;

  it("call each other when the numbers are next to each other, in both directions", async () => {
    const [old, next] = [PROTOCOL, PROTOCOL + 1];
    expect(await nodeOf(old).call("greeter.greet", {}, { nodeID: name(next) })).to.equal(`hello from ${name(next)}`);
    expect(await nodeOf(next).call("greeter.greet", {}, { nodeID: name(old) })).to.equal(`hello from ${name(old)}`);
  });

  it("do not know each other when they are further apart, and each says so once", async () => {
    expect(await knownTo(PROTOCOL)).to.deep.equal([name(PROTOCOL), name(PROTOCOL + 1)]);
    expect(await knownTo(PROTOCOL + 2)).to.deep.equal([name(PROTOCOL + 1), name(PROTOCOL + 2)]);
    const answers = new Set(await Promise.all(Array.from({ length: 10 }, () => nodeOf(PROTOCOL).call("greeter.greet"))));
    expect([...answers].sort()).to.deep.equal([`hello from ${name(PROTOCOL)}`, `hello from ${name(PROTOCOL + 1)}`]);
    expect(lines.filter((line) => line.includes("speaks protocol")).sort()).to.deep.equal([
      `p${PROTOCOL}: Node ${name(PROTOCOL + 2)} speaks protocol ${PROTOCOL + 2}, this one ${PROTOCOL}: they do not work together. Upgrade a mesh one version after the other.`,
      `p${PROTOCOL + 2}: Node ${name(PROTOCOL)} speaks protocol ${PROTOCOL}, this one ${PROTOCOL + 2}: they do not work together. Upgrade a mesh one version after the other.`,
    ]);
  });

  it("do not hear each other's events", async () => {
    await nodeOf(PROTOCOL + 2).broadcast("greeting.sent", { from: name(PROTOCOL + 2) });
    await nodeOf(PROTOCOL + 1).broadcast("greeting.sent", { from: name(PROTOCOL + 1) });
    await eventually(() => heard.filter((line) => line.startsWith(name(PROTOCOL + 1))).length === 3);
    expect(heard).to.not.include(`${name(PROTOCOL + 2)} → ${name(PROTOCOL)}`);
  });
});
