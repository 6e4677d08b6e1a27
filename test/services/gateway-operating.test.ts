/** The operators' commands and the limits of tenants, through the gateway, over services that answer from memory. */
import { request as httpRequest } from "node:http";
import { expect } from "chai";
import * as fc from "fast-check";
import { fail } from "../../config/errors.ts";
import { COMMANDS, type Command } from "../../services/operator/operator.contract.ts";
import { OTHER_ID, QUEUE, startGatewayMesh, VIDEO_ID, type GatewayMesh } from "./gateway-mesh.ts";

describe("operating over HTTP", () => {
  let mesh: GatewayMesh;
  before(async () => { mesh = await startGatewayMesh(); });
  after(() => mesh.stop());
  beforeEach(() => { mesh.fakes.orders.length = 0; });

  const ask = (path: string, method = "GET"): Promise<Response> => fetch(mesh.url + path, { method });
  const codeOf = async (answer: Response): Promise<unknown> => {
    expect(answer.headers.get("content-type")).to.equal("application/problem+json");
    return ((await answer.json()) as { code: unknown }).code;
  };
  /** fetch sets no Sec-Fetch headers and no Origin; a browser does. */
  const postFrom = (path: string, headers: Record<string, string>): Promise<number | undefined> => new Promise((resolve, reject) => {
    httpRequest(mesh.url + path, { method: "POST", headers }, (res) => {
      res.resume();
      resolve(res.statusCode);
    }).on("error", reject).end();
  });

  it("answers what is asked", async () => {
    expect(await (await ask("/v1/queue")).json()).to.deep.equal(QUEUE);
    expect(await (await ask("/v1/queue/dead")).json()).to.deep.equal({ total: 1, jobs: [] });
    expect(await (await ask("/v1/nodes/regions")).json()).to.deep.equal({ regions: [] });
    expect(await (await ask(`/v1/videos/${VIDEO_ID}/jobs`)).json()).to.deep.equal({ id: VIDEO_ID, status: "ready", counts: { waiting: 0, active: 0, delayed: 0, dead: 0 }, jobs: [] });
    expect(await (await ask(`/v1/videos/${VIDEO_ID}/why`)).json()).to.include({ id: VIDEO_ID, status: "ready" }).and.to.have.property("sentence");
  });

  it("passes on what is ordered, and says what came of it", async () => {
    expect(await (await ask(`/v1/videos/${VIDEO_ID}/retry`, "POST")).json()).to.deep.equal({ id: VIDEO_ID, status: "ready" });
    expect((await ask(`/v1/videos/${VIDEO_ID}/cancel`, "POST")).status).to.equal(200);
    expect(await (await ask("/v1/queue/normal/pause", "POST")).json()).to.deep.equal({ lane: "normal", ...QUEUE.lanes.normal });
    expect((await ask("/v1/queue/bulk/resume", "POST")).status).to.equal(200);
    expect(mesh.fakes.orders).to.deep.equal([["retry", { id: VIDEO_ID }], ["cancel", { id: VIDEO_ID }], ["pause", { lane: "normal" }], ["resume", { lane: "bulk" }]]);
  });

  it("drains a node that knows how, and says so when one does not", async () => {
    expect(await codeOf(await ask("/v1/nodes/gateway-1/drain", "POST"))).to.equal("conflict");
    const node = mesh.broker.createService({ name: "node", actions: {
      drain: () => ({ nodeID: "gateway-1", state: "draining", reasons: [{ code: "operator", message: "An operator drains it." }], accepting: false, since: "2026-01-01T00:00:00.000Z", running: { requests: 1 } }),
      undrain: () => ({ nodeID: "gateway-1", state: "active", reasons: [], accepting: true, since: "2026-01-01T00:00:00.000Z", running: {} }),
    } });
    await mesh.broker.waitForServices("node");
    expect(await (await ask("/v1/nodes/gateway-1/drain", "POST")).json()).to.deep.equal({ id: "gateway-1", state: "draining", reasons: [{ code: "operator", message: "An operator drains it." }], since: "2026-01-01T00:00:00.000Z", running: { requests: 1 } });
    expect(await (await ask("/v1/nodes/gateway-1/undrain", "POST")).json()).to.include({ state: "active" });
    expect(await codeOf(await ask("/v1/nodes/nobody/drain", "POST"))).to.equal("node_not_found");
    await mesh.broker.destroyService(node);
  });

  it("refuses names that are none, whatever they are, before anything is ordered", async () => {
    for (const path of ["/v1/nodes/a%0Ab/drain", `/v1/nodes/${"x".repeat(201)}/drain`]) expect(await codeOf(await ask(path, "POST")), path).to.equal("node_not_found");
    expect(await codeOf(await ask("/v1/queue/fast/pause", "POST"))).to.equal("bad_request");
    expect(await codeOf(await ask("/v1/queue/__proto__/pause", "POST"))).to.equal("bad_request");
    expect(await codeOf(await ask(`/v1/videos/${OTHER_ID}/why`))).to.equal("video_not_found");
    await fc.assert(fc.asyncProperty(fc.string({ unit: "binary", minLength: 1, maxLength: 30 }), async (name) => {
      const part = encodeURIComponent(name.toWellFormed());
      if (part === "." || part === "..") return; // fetch itself resolves them
      for (const path of [`/v1/nodes/${part}/drain`, `/v1/queue/${part}/resume`, `/v1/videos/${part}/retry`]) {
        const { status } = await ask(path, "POST");
        expect(status, path).to.be.within(400, 499);
      }
    }), { numRuns: 15 });
    expect(mesh.fakes.orders).to.deep.equal([]);
  });

  it("takes orders from programs and its own pages, not from a page of another site", async () => {
    const { host } = new URL(mesh.url);
    const path = "/v1/queue/normal/pause";
    expect(await postFrom(path, { "Sec-Fetch-Site": "cross-site" })).to.equal(403);
    expect(await postFrom(path, { "Sec-Fetch-Site": "same-site", "Origin": `http://${host}` })).to.equal(403);
    expect(await postFrom(path, { "Origin": "https://evil.example" })).to.equal(403);
    expect(await postFrom(path, { "Origin": "null" })).to.equal(403);
    expect(mesh.fakes.orders).to.deep.equal([]);
    expect(await postFrom(path, {})).to.equal(200);
    expect(await postFrom(path, { "Origin": `http://${host}` })).to.equal(200);
    expect(await postFrom(path, { "Sec-Fetch-Site": "same-origin", "Origin": "https://public.example" })).to.equal(200); // behind a proxy
  });

  it("orders nothing by GET", async () => {
    for (const { path } of Object.values<Command>(COMMANDS).filter(({ method }) => method === "POST")) {
      expect(await codeOf(await ask(path.replace(/:\w+/, "normal"))), path).to.equal("method_not_allowed");
    }
    expect(mesh.fakes.orders).to.deep.equal([]);
  });

  describe("for tenants", () => {
    const post = (body: object): Promise<Response> => fetch(`${mesh.url}/v1/videos`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ url: "https://media.example/a.mp4", ...body }) });
    beforeEach(() => { mesh.fakes.submitted.length = 0; });
    afterEach(() => { mesh.fakes.admit = () => undefined; });

    it("takes a tenant's name in its form only", async () => {
      expect((await post({ tenant: "school-7" })).status).to.equal(202);
      expect(mesh.fakes.submitted.at(-1)).to.include({ tenant: "school-7" });
      for (const tenant of ["School", "-a", "a_b", "a b", "a:b", "", 7, "x".repeat(64), "ä", {}]) expect(await codeOf(await post({ tenant })), String(tenant)).to.equal("bad_request");
      expect(mesh.fakes.submitted).to.have.lengthOf(1);
    });

    it("turns one away who has too much waiting, with when to come back; the others post on", async () => {
      mesh.fakes.admit = (tenant) => {
        if (tenant === "busy") throw fail("too_many_requests", "20001 chunks of this tenant's videos wait; 20000 may.", { retryAfterSec: 42 });
      };
      const refused = await post({ tenant: "busy" });
      expect([refused.status, refused.headers.get("retry-after")]).to.deep.equal([429, "42"]);
      expect(await codeOf(refused)).to.equal("too_many_requests");
      expect(mesh.fakes.submitted).to.deep.equal([]);
      expect((await post({})).status).to.equal(202);
    });

    it("turns nobody away when the scheduler cannot say", async () => {
      mesh.fakes.admit = () => { throw fail("queue_unavailable", "staged"); };
      expect((await post({ tenant: "busy" })).status).to.equal(202);
    });
  });
});
