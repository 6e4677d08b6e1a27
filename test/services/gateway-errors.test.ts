/** `/v1/errors` through the gateway, over a service that answers from memory. */
import { request } from "node:http";
import { expect } from "chai";
import type { Context } from "moleculer";
import { fail } from "../../config/errors.ts";
import { failureLedgerOf } from "../../config/failures/note-failure.ts";
import { expectProblem, startGatewayMesh, VIDEO_ID, type GatewayMesh } from "./gateway-mesh.ts";

const ID = "encode_failed-3f9a0c1b2d4e5f60";

describe("errors over HTTP", () => {
  let mesh: GatewayMesh;
  const asked: [string, object][] = [];
  before(async () => {
    mesh = await startGatewayMesh();
    const answer = (name: string) => (ctx: Context<object>): object => { asked.push([name, ctx.params]); return { id: ID, state: name }; };
    mesh.broker.createService({ name: "errors", actions: { list: answer("list"), get: answer("get"), resolve: answer("resolve"), mute: answer("mute"), reopen: answer("reopen") } });
    await mesh.broker.waitForServices("errors");
  });
  after(() => mesh.stop());
  beforeEach(() => { asked.length = 0; });

  it("pass on what is asked and ordered", async () => {
    const get = async (path: string, method = "GET"): Promise<unknown> => await (await fetch(mesh.url + path, { method })).json();
    await get(`/v1/errors?state=open&code=encode_failed&service=transcoder&video=${VIDEO_ID}&limit=7&cursor=12.${ID}`);
    expect(await get(`/v1/errors/${ID}`)).to.deep.equal({ id: ID, state: "get" });
    for (const step of ["resolve", "mute", "reopen"]) expect(await get(`/v1/errors/${ID}/${step}`, "POST")).to.deep.equal({ id: ID, state: step });
    expect(asked).to.deep.equal([["list", { state: "open", code: "encode_failed", service: "transcoder", video: VIDEO_ID, limit: 7, cursor: `12.${ID}` }], ...["get", "resolve", "mute", "reopen"].map((step) => [step, { id: ID }])]);
  });

  it("refuse what is malformed, and orders from pages of other sites", async () => {
    for (const query of ["state=shut", "code=a%20b", "service=%00", "limit=0", "limit=101", "limit=x", "cursor=x", "colour=red", "state=open&state=open"]) await expectProblem(await fetch(`${mesh.url}/v1/errors?${query}`), "bad_request");
    for (const id of ["x", `${ID}0`, "__proto__", "encode_failed-OTHER"]) await expectProblem(await fetch(`${mesh.url}/v1/errors/${id}`), "error_not_found");
    await expectProblem(await fetch(`${mesh.url}/v1/errors?video=x`), "video_not_found");
    const status = await new Promise((resolve, reject) => request(`${mesh.url}/v1/errors/${ID}/mute`, { method: "POST", headers: { "Sec-Fetch-Site": "cross-site" } }, (res) => { resolve(res.resume().statusCode); }).on("error", reject).end());
    expect(status).to.equal(403);
    expect(asked).to.deep.equal([]);
  });

  it("have what the gateway itself failed at, by its operation, and nothing of who asked wrongly", async () => {
    mesh.fakes.master = async () => { throw fail("encode_failed", "It could not be made."); };
    await fetch(`${mesh.url}/play/${VIDEO_ID}/master.m3u8`, { headers: { "X-Request-Id": "r-7" } });
    await fetch(`${mesh.url}/v1/videos/nothing`);
    mesh.fakes.failing.add("storage.check");
    expect((await fetch(`${mesh.url}/health/ready`)).status).to.equal(503);
    expect(failureLedgerOf(mesh.broker).next()?.groups.map(({ action, count, requestId }) => [action, count, requestId])).to.deep.equal([["gateway.getMasterPlaylist", 1, "r-7"]]);
  });
});
