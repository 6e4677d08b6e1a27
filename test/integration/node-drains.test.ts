/** A node that is told to stop, while people watch. */
import { request, Agent, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { expect } from "chai";
import { api, type Api, type Problem } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeAvi } from "../support/lectures.ts";
import { joinMesh, startMesh, type Mesh } from "../support/mesh.ts";
import { findFreePort } from "../support/ports.ts";

const SECONDS = 12;

describe("a node that is told to stop", function () {
  this.timeout(90_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;
  let id: string;
  before(async () => {
    folder = await openFolder();
    mesh = await startMesh({ settings: { LECTERN_SLOTS: "1" } });
    lectern = api(mesh.httpUrl);
    const { uploadId } = await lectern.upload(await makeAvi(folder.path("a.avi"), { seconds: SECONDS, size: "1280x720" }));
    ({ id } = await lectern.post({ uploadId, policy: "lazy" }));
    await lectern.playlist(id);
  });
  after(async () => {
    await mesh?.stop();
    await folder?.remove();
  });

  const join = async (nodeId: string, settings: Record<string, string> = {}) => {
    const port = await findFreePort();
    const node = await joinMesh(mesh, ["--node-id", nodeId], { LECTERN_HTTP_PORT: String(port), ...settings });
    return { node, port, url: `http://127.0.0.1:${port}` };
  };
  async function get(port: number, path: string, agent?: Agent): Promise<IncomingMessage> {
    const asked = request({ host: "127.0.0.1", port, path, ...(agent === undefined ? {} : { agent }) }).end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    return answer;
  }

  it("says so first, then takes nothing new, sends what was begun to its end, and exits 0", async () => {
    const { node, port, url } = await join("leaves", { LECTERN_STOP_GRACE_SEC: "2" });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await buffer(await get(port, "/health/live", agent))).length).to.be.above(0);
    const cold = get(port, `/play/${id}/720p/1.m4s`); // an encode of a second or so
    node.child.kill("SIGTERM");
    await eventually(async () => {
      const answer = await fetch(`${url}/health/ready`);
      return answer.status === 503 && ((await answer.json()) as Problem).detail.includes("draining");
    });
    const kept = await get(port, "/health/live", agent);
    expect([kept.statusCode, kept.headers.connection]).to.deep.equal([200, "close"]);
    kept.resume();
    const segment = await cold;
    expect(segment.statusCode).to.equal(200);
    const bytes = await buffer(segment);
    expect(await node.exited).to.deep.equal({ code: 0, signal: null });
    expect(await fetch(`${url}/health/live`).catch(() => "refused")).to.equal("refused");
    const elsewhere = Buffer.from(await (await lectern.segment(id, "720p", 1)).arrayBuffer());
    expect(elsewhere.equals(bytes)).to.equal(true);
  });

  it("ends at once when it is told again", async () => {
    const { node, port } = await join("ends");
    const upload = request({ host: "127.0.0.1", port, path: "/v1/uploads", method: "POST", headers: { "Content-Length": "1000" } });
    upload.on("error", () => undefined); // it is cut off
    upload.write(Buffer.alloc(10));
    await eventually(() => upload.writableLength === 0);
    node.child.kill("SIGTERM");
    await node.waitFor(/this node stops/);
    node.child.kill("SIGTERM");
    expect((await node.exited).code).to.equal(137);
  });
});
