/** An autoscaler beside a mesh: the nodes are real, what is wanted is the test's. */
import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { findProcesses, openLectern, type LecternProcess } from "../support/lectern-process.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { findFreePort } from "../support/ports.ts";
import { bareEnvironment } from "../support/start-process.ts";

const AUTOSCALE = fileURLToPath(new URL("../../bin/autoscale.ts", import.meta.url));

describe("an autoscaler", function () {
  this.timeout(120_000);
  let mesh: Mesh;
  let gateway: Server;
  let url: string;
  let desired = 1;
  const opened: LecternProcess[] = [];

  const open = (name: string): LecternProcess => {
    const process = openLectern([AUTOSCALE, "--max", "2", "--every", "1", "--url", url], { ...bareEnvironment(), LECTERN_DATA: mesh.dataDir, LECTERN_NODE_ID: name });
    opened.push(process);
    return process;
  };
  const transcoders = async (): Promise<string[]> => {
    const { nodes } = (await (await fetch(`${mesh.httpUrl}/v1/nodes`)).json()) as { nodes: { id: string; state: string; services: string[] }[] };
    return nodes.filter(({ state, services }) => state === "active" && services.includes("transcoder")).map(({ id }) => id);
  };

  before(async () => {
    mesh = await startMesh();
    const port = await findFreePort();
    gateway = createServer((req, res) => {
      fetch(mesh.httpUrl + (req.url ?? "")).then(async (answer) => {
        const told = (await answer.json()) as { regions?: object[] };
        const changed = req.url === "/v1/capacity" ? { ...told, regions: told.regions?.map((region) => ({ ...region, desired, why: "So the test says." })) } : told;
        res.writeHead(answer.status, { "Content-Type": "application/json" }).end(JSON.stringify(changed));
      }, () => res.writeHead(503).end("{}"));
    }).listen(port, "127.0.0.1");
    url = `http://127.0.0.1:${port}`;
  });
  after(async () => {
    for (const { child } of opened) child.kill("SIGKILL");
    gateway.close();
    await mesh.stop();
  });

  it("starts what is wanted and nobody else brings, and has it leave in good order when it is not", async () => {
    const scaler = open("one");
    await scaler.waitFor(/1 wanted, 0 of them here\. So the test says\./);
    desired = 9;
    await scaler.waitFor(/one-auto-2 starts/);
    await eventually(async () => (await transcoders()).filter((id) => id.startsWith("one-auto-")).length === 2);
    desired = 2; // the mesh's own node is one of them
    await scaler.waitFor(/one-auto-2 has left \(exit code 0\)/);
    await eventually(async () => (await transcoders()).filter((id) => id.startsWith("one-auto-")).join() === "one-auto-1");
    scaler.child.kill("SIGTERM");
    expect((await scaler.exited).code).to.equal(0);
    expect(scaler.output()).to.match(/one-auto-1 has left \(exit code 0\)/).and.not.match(/one-auto-3/);
    expect((await transcoders()).filter((id) => id.startsWith("one-auto-"))).to.deep.equal([]);
  });

  it("takes its nodes with it when it is killed", async () => {
    desired = 2;
    const scaler = open("two");
    await eventually(async () => (await transcoders()).includes("two-auto-1"));
    expect(findProcesses("two-auto-1")).to.not.deep.equal([]);
    scaler.child.kill("SIGKILL");
    await eventually(() => findProcesses("two-auto-1").length === 0);
  });
});
