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
import { tus } from "../support/tus.ts";
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

  it("does not wait for who follows a video, who goes on elsewhere from there", async () => {
    const { node, url } = await join("followed");
    const video = await lectern.post({ uploadId: await tus(mesh.httpUrl).begin(1_000) }); // waits for its bytes
    const follow = async (at: string, after?: string): Promise<Response> => await fetch(`${at}/v1/videos/${video.id}/events`, after === undefined ? {} : { headers: { "Last-Event-ID": after } });
    const eventsIn = (text: string): { id: string; type: string }[] => [...text.matchAll(/^id: (.+)\nevent: (.+)$/gm)].map(([, eventId = "", type = ""]) => ({ id: eventId, type }));
    let told = "";
    for await (const text of (await follow(url)).body?.pipeThrough(new TextDecoderStream()) ?? []) {
      if (!told.includes("event: submitted") && (told + text).includes("event: submitted")) node.child.kill("SIGTERM");
      told += text;
    }
    expect(told).to.match(/\n\n: go on elsewhere\nretry: \d+\n\n$/);
    expect(await node.exited).to.deep.equal({ code: 0, signal: null });
    expect(node.output()).to.not.include("cut off");
    const seen = eventsIn(told);
    const other = await follow(mesh.httpUrl, seen.at(-1)?.id);
    await lectern.remove(video.id);
    const rest = eventsIn(await other.text());
    expect(rest.at(-1)).to.include({ type: "deleted" });
    expect(rest.filter((event) => seen.some((before) => before.id === event.id))).to.deep.equal([]);
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
