/** What a node says of itself and of its mesh in figures, as Prometheus reads them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { loadReports } from "../../config/middlewares/load-reports.ts";
import { PROTOCOL } from "../../config/protocol.ts";
import { nodeState } from "../../mixins/node-state.ts";
import { metricsService } from "../../services/metrics/metrics.service.ts";
import { nodeService } from "../../services/node/node.service.ts";
import { eventually } from "../support/eventually.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";

describe("a node's figures", function () {
  this.timeout(30_000);
  let near: ServiceBroker;
  let far: ServiceBroker;

  before(async () => {
    const [nats, namespace] = [await sharedNats(), freshNamespace()];
    const node = (nodeID: string, region: string): ServiceBroker => {
      const broker = quietBroker({ namespace, nodeID, metadata: { region }, transporter: { type: "NATS", options: { servers: nats.url } }, serializer: "CBOR", heartbeatInterval: 1, heartbeatTimeout: 2, middlewares: [loadReports] });
      broker.createService(nodeService({ stopGraceMs: 0, dataDir: tmpdir() }));
      return broker;
    };
    [near, far] = [node("near", "eu"), node("far", "us")];
    near.createService(metricsService({ metricsHost: "127.0.0.1", metricsPort: 0 }));
    await Promise.all([near.start(), far.start()]);
  });
  after(() => Promise.all([near.stop(), far.stop()]));

  const read = async (sample: string): Promise<number | undefined> => {
    const line = (await near.call<string, object>("metrics.text", {})).split("\n").find((one) => one.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.slice(sample.length + 1));
  };
  const until = (sample: string, value: number): Promise<unknown> => eventually(async () => (await read(sample)) === value);

  it("count the mesh by region and state, as it changes", async () => {
    await until('lectern_mesh_nodes{peer="eu",state="accepting"}', 1);
    await until('lectern_mesh_nodes{peer="us",state="accepting"}', 1);
    await far.call("node.drain", {}, { nodeID: "far" });
    await until('lectern_mesh_nodes{peer="us",state="refusing"}', 1);
    expect(await read('lectern_mesh_nodes{peer="us",state="accepting"}')).to.equal(0);
    await far.stop();
    await until('lectern_mesh_nodes{peer="us",state="away"}', 1);
  });

  it("say why it takes no work", async () => {
    expect(await read("lectern_node_accepting")).to.equal(1);
    expect(await read(`lectern_node_info{node="near",protocol="${PROTOCOL}"}`)).to.equal(1);
    nodeState(near).quarantine("disk", "It is full.");
    expect([await read("lectern_node_accepting"), await read('lectern_node_refusing{reason="disk"}'), await read('lectern_node_refusing{reason="drain"}')]).to.deep.equal([0, 1, 0]);
    nodeState(near).release("disk");
    expect([await read("lectern_node_accepting"), await read('lectern_node_refusing{reason="disk"}')]).to.deep.equal([1, 0]);
  });

  it("measure its loop, its disk and what it has started", async () => {
    await eventually(async () => ((await read("lectern_disk_free_bytes")) ?? 0) > 1_000_000);
    await eventually(async () => ((await read('lectern_event_loop_delay_seconds{percentile="p99"}')) ?? 0) > 0);
    const guest = spawn("setpriv", ["--pdeathsig", "KILL", "--", process.execPath, "-e", "const kept = Buffer.alloc(150e6, 1); setInterval(() => kept, 1e3)"], { stdio: "ignore" });
    await eventually(async () => ((await read("lectern_guests_memory_bytes")) ?? 0) > 150e6);
    guest.kill("SIGKILL");
    await once(guest, "close");
    await eventually(async () => ((await read("lectern_guests_memory_bytes")) ?? Infinity) < 150e6);
  });
});
