/** A mesh on a real NATS that strangers reach as well. */
import { expect } from "chai";
import { ServiceBroker } from "moleculer";
import { connect, type NatsConnection } from "nats";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { eventually } from "../support/eventually.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";

const SECRET = "what all nodes of this mesh know, and no others";

describe("a mesh with a secret", function () {
  this.timeout(20_000);
  let url: string;
  let namespace: string;
  let nats: NatsConnection;
  let nodes: ServiceBroker[];
  let [paid, heard]: [string[], string[]] = [[], []];

  beforeEach(async () => {
    ({ url } = await sharedNats());
    namespace = freshNamespace();
    nats = await connect({ servers: url });
    [nodes, paid, heard] = [[], [], []];
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await nats.close();
  });

  async function start(nodeId: string, secret: string | undefined = SECRET): Promise<ServiceBroker> {
    const config = loadConfig({ LECTERN_NATS_URL: url, LECTERN_NAMESPACE: namespace, LECTERN_NODE_ID: nodeId, ...(secret === undefined ? {} : { LECTERN_MESH_SECRET: secret }) });
    const node = new ServiceBroker({ ...brokerOptions(config), logger: false });
    nodes.push(node);
    return node;
  }
  async function startBank(): Promise<ServiceBroker> {
    const bank = await start("bank");
    bank.createService({
      name: "bank",
      actions: { pay: (ctx: { params: { to: string } }) => { paid.push(ctx.params.to); return `paid ${ctx.params.to}`; } },
      events: { "bank.told": (ctx: { params: string }) => { heard.push(ctx.params); } },
    });
    await bank.start();
    return bank;
  }
  const knows = (node: ServiceBroker, id: string): boolean => node.registry.getNodeList({ onlyAvailable: true }).some((known: { id: string }) => known.id === id);

  it("works as ever for who knows it: calls, answers, events", async () => {
    await startBank();
    const member = await start("member");
    await member.start();
    await member.waitForServices("bank", 5_000);
    expect(await member.call("bank.pay", { to: "alice" })).to.equal("paid alice");
    await member.broadcast("bank.told", "news");
    await eventually(() => heard.includes("news"));
  });

  for (const [who, secret] of [["does not know it", undefined], ["knows another", "a secret of another mesh on the same NATS"]] as const) {
    it(`is not there for a node that ${who}, nor is that node for the mesh`, async () => {
      const bank = await startBank();
      const stranger = await start("stranger", secret === undefined ? "" : secret);
      const member = await start("member");
      await stranger.start();
      await member.start(); // whoever starts later is told of all
      await member.waitForServices("bank", 5_000);
      expect([knows(bank, "stranger"), knows(member, "stranger"), knows(stranger, "bank")]).to.deep.equal([false, false, false]);
      await stranger.broadcast("bank.told", "lies");
      await member.broadcast("bank.told", "truth");
      await eventually(() => heard.includes("truth"));
      expect(heard).to.deep.equal(["truth"]);
    });
  }

  it("shows nothing to who listens, and does nothing twice for who repeats what they heard", async () => {
    const recorded: { subject: string; data: Uint8Array }[] = [];
    nats.subscribe(`MOL-${namespace}.>`, { callback: (_, { subject, data }) => { recorded.push({ subject, data: Uint8Array.from(data) }); } });
    await nats.flush();
    await startBank();
    const member = await start("member");
    await member.start();
    await member.waitForServices("bank", 5_000);
    await member.call("bank.pay", { to: "alice-in-the-clear" });
    await nats.flush(); // who listens has a connection of its own, and hears of it by then
    const asked = recorded.filter(({ subject }) => subject.includes(".REQ."));
    expect(asked.length).to.be.above(0);
    expect(recorded.filter(({ data }) => Buffer.from(data).includes("alice-in-the-clear") || Buffer.from(data).includes("bank"))).to.deep.equal([]);
    for (const { subject, data } of asked) nats.publish(subject, data);
    await nats.flush();
    await member.call("bank.pay", { to: "bob" }); // comes after them
    expect(paid).to.deep.equal(["alice-in-the-clear", "bob"]);
  });
});
