/** Who may ask the gateway for what: every operation of the OpenAPI document × everybody. */
import { request } from "node:http";
import { expect } from "chai";
import { ROLES, type Caller, type Role } from "../../config/access/permissions.ts";
import { openHistory } from "../support/history.ts";
import { startGatewayMesh, VIDEO_ID, videoView, type GatewayMesh } from "./gateway-mesh.ts";

/** Nobody, then each role. */
type Who = "nobody" | Role;
const EVERYBODY: readonly Who[] = ["nobody", ...ROLES];
const SIGNED: readonly Who[] = ROLES;

/** What every operation asks for. One that is missing here fails the test: somebody has to say who may do it. */
const OPERATIONS: [readonly Who[], string][] = [
  [EVERYBODY, "getLiveness getReadiness getOpenApi getStartPage getDocsPage getWatchPage getReviewsPage getCapacityPage getUsagePage getOpsPage getAsset listRegions getAccess describeResumableUploads describeResumableUpload"],
  [EVERYBODY, "getVideo followVideo getFrame getClip getMasterPlaylist getManifest getCaptionPlaylist getCaptions getKeyFramePlaylist getKeyFrame getMediaPlaylist getInitSegment getSegment getContentKey getLicense getStoryboard getStoryboardSheet reportUsage"],
  [SIGNED, "listVideos getTimetable"],
  [["submitter", "operator", "admin"], "putTimetable"],
  [["submitter", "admin"], "submitVideo deleteVideo uploadFile beginUpload getUploadOffset appendToUpload abandonUpload"],
  [["operator", "auditor", "admin"], "getMetrics followMesh listNodes listNodesByRegion getQueue listDeadJobs getTrace listErrors getError getCapacity planCapacity listReviews getReview getReviewFrame"],
  [["submitter", "operator", "auditor", "admin"], "listVideoJobs explainVideo getVideoUsage listUsage exportUsage"],
  [["operator", "admin"], "decideReview retryVideo cancelVideo drainNode undrainNode pauseLane resumeLane resolveError muteError reopenError"],
  [["auditor", "admin"], "queryAudit exportAudit exportPerson getErasure"],
  [SIGNED, "exportOwnPerson"],
  [["viewer", "submitter", "admin"], "createLink"],
  [["submitter", "admin"], "revokeLinks revokeLink"],
  [["submitter", "operator", "auditor", "admin"], "listWebhooks getWebhook listDeliveries"],
  [["submitter", "operator", "admin"], "createWebhook deleteWebhook rotateWebhook enableWebhook testWebhook replayDelivery"],
  [["admin"], "listKeys createKey rotateKey revokeKey erasePerson"],
];
const WHO: Readonly<Record<string, readonly Who[]>> = Object.fromEntries(OPERATIONS.flatMap(([who, operations]) => operations.split(" ").map((operation) => [operation, who])));

interface Described { operationId: string; security?: object[]; responses: object }

describe("the gateway, asked with keys", function () {
  this.timeout(30_000);
  let mesh: GatewayMesh;
  const asked = openHistory<string>();

  before(async () => {
    mesh = await startGatewayMesh({
      callers(credential): Caller | null {
        asked.add(credential);
        const [role, more] = credential.split("+");
        if (credential.startsWith("away")) throw new Error("access is in trouble");
        if (role === "physics") return { subject: "key:physics", roles: ["admin"], tenant: "physics" };
        return ROLES.includes(role as Role) ? { subject: `key:${credential}`, roles: [role as Role], ...(more === "scoped" ? { scopes: ["videos.list"] } : {}) } : null;
      },
    });
  });
  beforeEach(() => { mesh.fakes.videos.set(VIDEO_ID, videoView(VIDEO_ID)); });
  after(() => mesh.stop());

  const fill = (path: string): string => path.replace(/\{(\w+)\}/g, (_, name: string) => ({ id: VIDEO_ID, rendition: "360p", n: "0", name: "sub", lane: "normal", node: "nobody", keyId: "0".repeat(20), linkId: "0".repeat(12), errorId: `unexpected-${"0".repeat(16)}` }[name] ?? "x"));
  /** Through node:http: fetch adds a mode of its own, and has opinions about methods. */
  const ask = (method: string, path: string, authorization?: string): Promise<{ status: number; code?: string; challenge: string | undefined }> => new Promise((resolve, reject) => {
    const { hostname, port } = new URL(mesh.url);
    const req = request({ hostname, port, method, path, headers: { ...(authorization === undefined ? {} : { authorization }), "tus-resumable": "1.0.0", "content-type": "application/json" } }, (res) => {
      let body = "";
      if (res.headers["content-type"]?.startsWith("text/event-stream") === true) res.destroy();
      res.setEncoding("utf8").on("data", (text: string) => { body += text; });
      res.on("close", () => {
        const code = /"code":"(\w+)"/.exec(body)?.[1];
        resolve({ status: res.statusCode ?? 0, challenge: res.headers["www-authenticate"], ...(code === undefined ? {} : { code }) });
      });
    });
    req.on("error", reject).end();
  });

  it("lets everybody do what they may, and nothing else", async () => {
    const { paths } = (await (await fetch(`${mesh.url}/openapi.json`)).json()) as { paths: Record<string, Record<string, Described>> };
    const operations = Object.entries(paths).flatMap(([path, item]) => Object.entries(item).filter(([method]) => method !== "parameters").map(([method, described]) => ({ method: method.toUpperCase(), path, ...described })));
    expect(operations.map(({ operationId }) => operationId).toSorted()).to.deep.equal(Object.keys(WHO).toSorted());
    const wrong: string[] = [];
    for (const { method, path, operationId, security, responses } of operations) {
      const allowed = WHO[operationId] ?? [];
      if ((security === undefined) !== allowed.includes("nobody")) wrong.push(`${operationId} is described wrongly`);
      if (security !== undefined && !["401", "403"].every((status) => status in responses)) wrong.push(`${operationId} does not say how it refuses`);
      for (const who of EVERYBODY) {
        const { status, code, challenge } = await ask(method, fill(path), who === "nobody" ? undefined : `Bearer ${who}`);
        const refused = (status === 401 && challenge === "Bearer") || (status === 403 && (code === "forbidden" || method === "HEAD"));
        if (refused === allowed.includes(who)) wrong.push(`${operationId} for ${who}: ${status}`);
        if (refused && (status === 401) !== (who === "nobody")) wrong.push(`${operationId} for ${who}: ${status}`);
      }
    }
    expect(wrong).to.deep.equal([]);
  });

  it("refuses what is no key, in whatever form, also where nobody needs one", async () => {
    for (const authorization of ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Bearer nobody's", `Bearer ${"a".repeat(5_000)}`]) {
      expect(await ask("GET", "/v1/videos", authorization), authorization.slice(0, 30)).to.include({ status: 401, code: "unauthorized" });
    }
    expect(await ask("GET", `/v1/videos/${VIDEO_ID}`, "Bearer revoked")).to.include({ status: 401 });
    expect(await ask("GET", `/v1/videos/${VIDEO_ID}`)).to.include({ status: 200 });
  });

  it("asks about a key once in a while, and never for who shows none", async () => {
    const before = asked.all.length;
    for (let n = 0; n < 20; n++) await Promise.all([ask("GET", "/v1/videos", "Bearer viewer+once"), ask("GET", `/play/${VIDEO_ID}/master.m3u8`), ask("GET", "/v1/videos", "Bearer nobody+once")]);
    expect(asked.all.slice(before).toSorted()).to.deep.equal(["nobody+once", "viewer+once"]);
  });

  it("keeps playing while nobody can say whose a key is", async () => {
    expect(await ask("GET", "/v1/videos", "Bearer away")).to.include({ status: 500 });
    expect(await ask("GET", `/play/${VIDEO_ID}/master.m3u8`)).to.include({ status: 200 });
  });

  it("keeps a tenant's key to that tenant's videos, whatever the body says", async () => {
    const post = async (body: object): Promise<{ status: number; tenant: string | undefined }> => {
      const before = mesh.fakes.submitted.length;
      const { status } = await fetch(`${mesh.url}/v1/videos`, { method: "POST", headers: { "Content-Type": "application/json", Authorization: "Bearer physics" }, body: JSON.stringify({ url: "https://media.example/a.mp4", ...body }) });
      return { status, tenant: mesh.fakes.submitted[before]?.tenant };
    };
    expect(await post({})).to.deep.equal({ status: 202, tenant: "physics" });
    expect(await post({ tenant: "physics" })).to.deep.equal({ status: 202, tenant: "physics" });
    for (const tenant of ["arts", "default"]) expect(await post({ tenant })).to.deep.equal({ status: 403, tenant: undefined });
    for (const path of ["jobs", "why"]) expect(await ask("GET", `/v1/videos/${VIDEO_ID}/${path}`, "Bearer physics"), path).to.include({ status: 404, code: "video_not_found" });
    for (const order of ["retry", "cancel"]) expect(await ask("POST", `/v1/videos/${VIDEO_ID}/${order}`, "Bearer physics"), order).to.include({ status: 404, code: "video_not_found" });
    for (const path of ["/v1/nodes", "/v1/queue", "/metrics"]) expect(await ask("GET", path, "Bearer physics"), path).to.include({ status: 403 });
  });

  it("says what a key may do", async () => {
    const access = async (key?: string): Promise<unknown> => await (await fetch(`${mesh.url}/v1/access`, key === undefined ? {} : { headers: { Authorization: `Bearer ${key}` } })).json();
    expect(await access()).to.deep.equal({ subject: "anonymous", roles: [], permissions: ["open", "videos.watch"], newVideos: "public" });
    expect(await access("submitter")).to.deep.equal({ subject: "key:submitter", roles: ["submitter"], permissions: ["open", "videos.watch", "videos.watchPrivate", "videos.list", "videos.submit", "videos.delete", "links.create", "links.manage", "videos.explain", "usage.read", "timetable.write", "webhooks.watch", "webhooks.manage", "persons.readOwn"], newVideos: "public" });
    expect(await access("admin+scoped")).to.deep.equal({ subject: "key:admin+scoped", roles: ["admin"], permissions: ["open", "videos.watch", "videos.list"], newVideos: "public" });
  });
});
