import { expect } from "chai";
import { startGatewayMesh, VIDEO_ID, videoView, type GatewayMesh } from "./gateway-mesh.ts";

const KEY_ID = Buffer.alloc(16, 7).toString("base64url");

describe("keys of protected videos over HTTP", () => {
  let mesh: GatewayMesh;
  before(async () => { mesh = await startGatewayMesh(); });
  beforeEach(() => { mesh.fakes.videos.set(VIDEO_ID, videoView(VIDEO_ID)); });
  after(() => mesh.stop());

  const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(mesh.url + path, init);
  const license = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> => ask(`/play/${VIDEO_ID}/license`, { method: "POST", body, headers });

  it("are 16 bytes that no cache keeps, for any origin", async () => {
    const answer = await ask(`/play/${VIDEO_ID}/key`, { headers: { Origin: "https://lms.example" } });
    const { headers } = answer;
    expect([answer.status, headers.get("content-type"), headers.get("cache-control"), headers.get("access-control-allow-origin")]).to.deep.equal([200, "application/octet-stream", "no-store", "*"]);
    expect((await answer.arrayBuffer()).byteLength).to.equal(16);
  });

  it("are a licence for a browser that asks as ClearKey does, whatever it says the body is", async () => {
    const body = JSON.stringify({ kids: [KEY_ID], type: "temporary" });
    for (const headers of [{}, { "Content-Type": "application/octet-stream" }, { "Content-Type": "application/json" }]) {
      const answer = await license(new TextEncoder().encode(body), headers);
      expect([answer.status, answer.headers.get("cache-control"), answer.headers.get("access-control-allow-origin")]).to.deep.equal([200, "no-store", "*"]);
      expect(await answer.json()).to.deep.equal({ keys: [{ kty: "oct", kid: KEY_ID, k: VIDEO_ID }], type: "temporary" });
    }
    const preflight = await ask(`/play/${VIDEO_ID}/license`, { method: "OPTIONS", headers: { Origin: "https://lms.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type" } });
    expect([preflight.status, preflight.headers.get("access-control-allow-methods"), preflight.headers.get("access-control-allow-headers")]).to.deep.equal([204, "POST, OPTIONS", "Content-Type, Range, If-None-Match, Traceparent, CMCD-Request, CMCD-Object, CMCD-Status, CMCD-Session"]);
  });

  it("are refused to bodies that ask for none, or too many", async () => {
    const bodies = ["", "[]", "{}", "{", JSON.stringify({ kids: [] }), JSON.stringify({ kids: [7] }), JSON.stringify({ kids: "x" }), JSON.stringify({ kids: ["short"] }), JSON.stringify({ kids: Array.from({ length: 65 }, () => KEY_ID) })];
    for (const body of bodies) {
      const answer = await license(body);
      expect([answer.status, ((await answer.json()) as { code: string }).code], body).to.deep.equal([400, "bad_request"]);
    }
    expect((await license("x".repeat(70_000))).status).to.equal(413);
    expect((await license(new Uint8Array([0xff, 0xfe]))).status).to.equal(400);
  });

  it("are nobody's of a video that is not there", async () => {
    mesh.fakes.videos.clear();
    expect((await ask(`/play/${VIDEO_ID}/key`)).status).to.equal(404);
    expect((await license(JSON.stringify({ kids: [KEY_ID] }))).status).to.equal(404);
    expect((await ask("/play/..%2f..%2f/key")).status).to.be.oneOf([400, 404]);
  });

  it("need no place in links: a video under aes-128 has no DASH to link to", async () => {
    mesh.fakes.videos.set(VIDEO_ID, videoView(VIDEO_ID, { protection: "aes-128" }));
    const { playback } = (await (await ask(`/v1/videos/${VIDEO_ID}`)).json()) as { playback: object };
    expect(playback).to.deep.equal({ hls: `${mesh.url}/play/${VIDEO_ID}/master.m3u8`, page: `${mesh.url}/watch/${VIDEO_ID}` });
  });

  it("are asked for with the post, by the names that there are", async () => {
    const post = (protection: unknown): Promise<Response> => ask("/v1/videos", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ url: "https://media.example/a.mp4", protection }) });
    for (const protection of ["none", "aes-128", "cbcs"]) expect((await post(protection)).status).to.equal(202);
    expect(mesh.fakes.submitted.map(({ protection }) => protection)).to.deep.equal(["none", "aes-128", "cbcs"]);
    for (const protection of ["cenc", "", 1, {}]) expect((await post(protection)).status).to.equal(400);
  });
});
