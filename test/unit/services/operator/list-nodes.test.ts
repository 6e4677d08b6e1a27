import { expect } from "chai";
import { Errors } from "moleculer";
import { listNodes, type Call, type NodeEntry } from "../../../../services/operator/list-nodes.ts";
import { listRegions } from "../../../../services/operator/list-regions.ts";

const ENTRIES: NodeEntry[] = [
  { id: "b", available: true, cpu: 12, hostname: "host", client: { version: "0.15.2", langVersion: "v24.21.0" }, metadata: { region: "eu", services: ["transcoder", "storage"], protocol: 3 } },
  { id: "a", available: true, cpu: null, metadata: { region: "eu", services: ["gateway"] } },
  { id: "c", available: false, metadata: { region: "us", services: ["transcoder"] } },
  { id: "d", available: true, metadata: { region: "us", services: ["transcoder", 7] } },
  { id: "operator", available: true, metadata: { region: "eu", services: [] } },
];

/** Node a has no service `node`, d does not answer. */
const call: Call = async <Result>(action: string, _params?: object, options: { nodeID?: string } = {}) => {
  if (action === "$node.list") return ENTRIES as Result;
  const nodeID = options.nodeID ?? "";
  if (nodeID === "d") throw new Errors.RequestTimeoutError({ action, nodeID });
  if (action === "node.state" && nodeID === "b") return { nodeID, state: "quarantined", reasons: [{ code: "ffmpeg", message: "FFmpeg keeps failing." }], since: "2026-01-01T00:00:00.000Z", running: { chunks: 1 } } as Result;
  if (action === "$node.health") return { process: { uptime: 61.4 } } as Result;
  if (action === "transcoder.load" && nodeID === "b") return { slots: 4, play: 1, background: 2, waiting: 0 } as Result;
  throw new Errors.ServiceNotFoundError({ action, nodeID });
};

describe("the list of nodes", () => {
  it("has what the mesh and the node itself say, in the order of ids", async () => {
    const nodes = await listNodes(call);
    expect(nodes.map(({ id, state }) => `${id} ${state}`)).to.deep.equal(["a unknown", "b quarantined", "c away", "d unknown", "operator unknown"]);
    expect(nodes[1]).to.deep.equal({
      id: "b", available: true, region: "eu", services: ["transcoder", "storage"], host: "host", cpuPercent: 12, gateway: false, uptimeSec: 61,
      state: "quarantined", reasons: [{ code: "ffmpeg", message: "FFmpeg keeps failing." }], since: "2026-01-01T00:00:00.000Z", running: { chunks: 1 },
      slots: { total: 4, play: 1, background: 2, waiting: 0 }, versions: { node: "v24.21.0", moleculer: "0.15.2", protocol: 3 },
    });
  });

  it("does without what a node lacks, and says which one does not answer", async () => {
    const [a, , c, d] = await listNodes(call);
    expect(a).to.deep.include({ gateway: true, reasons: [], versions: {}, host: null }).and.not.have.any.keys("slots", "running");
    expect(c).to.deep.include({ state: "away", reasons: [] });
    expect(d).to.deep.include({ reasons: [{ code: "silent", message: "It does not answer." }], services: ["transcoder"] });
  });
});

describe("the list of regions", () => {
  it("counts the nodes of each, and those that take work", async () => {
    expect(listRegions(await listNodes(call), [])).to.deep.equal([{ name: "eu", nodes: 2, accepting: 1 }, { name: "us", nodes: 1, accepting: 1 }]);
  });

  it("adds what the mesh says of its regions, also of those without a node", async () => {
    const entries = [{ name: "eu", own: true, publicUrl: "https://eu.example", dark: false, latencyMs: 2, lagMs: 0, countries: [] }, { name: "asia", own: false, dark: true, latencyMs: null }];
    expect(listRegions(await listNodes(call), entries)).to.deep.equal([
      { name: "asia", nodes: 0, accepting: 0, own: false, dark: true }, { name: "eu", nodes: 2, accepting: 1, own: true, url: "https://eu.example", dark: false, latencyMs: 2, lagMs: 0 }, { name: "us", nodes: 1, accepting: 1 },
    ]);
  });
});
