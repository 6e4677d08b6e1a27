/** Who may watch a private video, by every operation of the OpenAPI document: for everybody else it is as an id that there is not. */
import { request, type IncomingHttpHeaders } from "node:http";
import { expect } from "chai";
import { ROLES } from "../../config/access/permissions.ts";
import { startPrivateMesh, type PrivateMesh } from "../support/private-mesh.ts";

const UNKNOWN = "01zzzzzzzzzzzzzzzzzzzzzzzz";
const VALUES: Readonly<Record<string, string>> = { rendition: "source", n: "0", name: "sub", linkId: "0".repeat(12) };
/** What a request needs to be more than malformed. */
const QUERIES: Readonly<Record<string, string>> = { getFrame: "?t=1.5", getClip: "?start=1&end=2" };
/** What has no captions says so, and not that there is no video. */
const NOT_FOUND: Readonly<Record<string, string>> = { getContentKey: "no_content_key", getCaptions: "segment_not_found", getCaptionPlaylist: "segment_not_found" };

interface Described { operationId: string; "x-permission"?: string }
interface Operation { method: string; path: string; name: string; permission: string | undefined }
interface Answer { status: number; headers: IncomingHttpHeaders; code: string | undefined; body: string }

describe("a private video", function () {
  this.timeout(30_000);
  let mesh: PrivateMesh;
  let id: string;
  let operations: Operation[];

  before(async () => {
    mesh = await startPrivateMesh();
    id = await mesh.make({ tenant: "physics", visibility: "private" });
    const { paths } = (await (await mesh.ask("/openapi.json")).json()) as { paths: Record<string, Record<string, Described>> };
    operations = Object.entries(paths).filter(([path]) => path.includes("{id}") && !path.endsWith("/license") && !path.startsWith("/v1/reviews/")).flatMap(([path, item]) => Object.entries(item).filter(([method]) => method !== "parameters")
      .map(([method, { operationId, "x-permission": permission }]) => ({ method: method.toUpperCase(), path, name: operationId, permission })));
  });
  after(() => mesh.stop());

  const fill = ({ path, name }: Operation, videoId: string): string => path.replace(/\{(\w+)\}/g, (_, part: string) => (part === "id" ? videoId : VALUES[part] ?? "x")) + (QUERIES[name] ?? "");
  /** Through node:http, which sends what it is told. An event stream is left when it has begun. */
  const ask = (method: string, path: string, key?: string): Promise<Answer> => new Promise((resolve, reject) => {
    const { hostname, port } = new URL(mesh.url);
    const headers = { "x-request-id": "same", ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...(method === "POST" ? { "content-type": "application/json" } : {}) };
    const req = request({ hostname, port, method, path, headers }, (res) => {
      let body = "";
      const finish = (): void => resolve({ status: res.statusCode ?? 0, headers: { ...res.headers, date: "" }, body, code: /"code":"(\w+)"/.exec(body)?.[1] });
      res.setEncoding("utf8").on("data", (text: string) => { body += text; }).on("close", finish);
      if (res.headers["content-type"]?.startsWith("text/event-stream") === true) res.destroy();
    });
    req.on("error", reject).end(method === "POST" ? "{}" : undefined);
  });
  const orders = ["DELETE", "POST"];

  it("is as an id that there is not, in every answer to who may not watch it: nobody, and other tenants' keys", async () => {
    expect(operations.length).to.be.greaterThan(20);
    const wrong: string[] = [];
    for (const operation of operations) {
      for (const key of [undefined, ...ROLES.map((role) => `${role}+arts`)]) {
        for (const method of operation.method === "GET" ? ["GET", "HEAD", "OPTIONS"] : [operation.method]) {
          const [theirs, none] = [await ask(method, fill(operation, id), key), await ask(method, fill(operation, UNKNOWN), key)];
          expect(theirs, `${method} ${operation.name} for ${key}`).to.deep.equal(none);
          const isRefused = [401, 403, 404].includes(theirs.status) || method === "OPTIONS" || ["getWatchPage", "getUsagePage"].includes(operation.name) || theirs.status === 405;
          if (!isRefused) wrong.push(`${method} ${operation.name} for ${key}: ${theirs.status}`);
        }
      }
    }
    expect(wrong).to.deep.equal([]);
  });

  it("stays so while it is there no longer, and when it never had a plan", async () => {
    const others = [await mesh.make({ visibility: "private" }), await mesh.make({ visibility: "private" })];
    await mesh.worker.call("videos.remove", { id: others[0] });
    await mesh.worker.call("videos.finish", { id: others[1], outcome: { complete: false, at: "2026-01-01T00:00:00.000Z", reasons: [] } });
    for (const operation of operations.filter(({ permission, method }) => permission === undefined && method === "GET")) {
      for (const other of others) expect(await ask("GET", fill(operation, other)), operation.name).to.deep.equal(await ask("GET", fill(operation, UNKNOWN)));
    }
  });

  it("is looked for in the store when it is refused, like an id that there is not, also where it is well known", async () => {
    await ask("GET", `/play/${id}/source/0.m4s`, "viewer+physics");
    const { get } = mesh.store;
    let looks = 0;
    mesh.store.get = async (key) => {
      looks++;
      return await get(key);
    };
    const looksFor = async (videoId: string, key?: string): Promise<number> => {
      looks = 0;
      await ask("GET", `/play/${videoId}/source/0.m4s`, key);
      return looks;
    };
    const [theirs, refused, none] = [await looksFor(id, "viewer+physics"), await looksFor(id), await looksFor(UNKNOWN)];
    mesh.store.get = get;
    expect(theirs).to.equal(0);
    expect([refused > 0, none > 0]).to.deep.equal([true, true]);
  });

  it("is whole for a key of its tenant, whatever its role, and for one of all tenants; nobody else may keep what they get", async () => {
    const wrong: string[] = [];
    for (const operation of operations.filter(({ permission, method }) => permission === undefined && method === "GET")) {
      for (const key of [...ROLES.map((role) => `${role}+physics`), "viewer"]) {
        const { status, code, headers } = await ask("GET", fill(operation, id), key);
        const isGood = status === 200 || (status === 404 && code === NOT_FOUND[operation.name]);
        const cache = headers["cache-control"] ?? "";
        if (!isGood || !(cache === "no-store" || (cache.startsWith("private") && !cache.includes("public"))) || (headers["referrer-policy"] !== "no-referrer" && status === 200)) wrong.push(`${operation.name} for ${key}: ${status} ${cache}`);
      }
    }
    expect(wrong).to.deep.equal([]);
  });

  it("is in the lists of its tenant's keys, and of no others", async () => {
    const listed = async (key: string): Promise<boolean> => {
      const { videos } = (await (await mesh.ask("/v1/videos?limit=100", { key })).json()) as { videos: { id: string; visibility: string }[] };
      return videos.some((video) => video.id === id && video.visibility === "private");
    };
    expect([await listed("viewer+physics"), await listed("viewer"), await listed("admin+arts"), await listed("admin+physics+videos.list")]).to.deep.equal([true, true, false, false]);
    expect((await mesh.ask(`/v1/videos/${id}`, { key: "admin+physics+videos.list" })).status).to.equal(404);
  });

  it("is another than the public one of the same source, in both directions, and its id is nobody else's to give", async () => {
    const post = async (visibility: string | undefined, key = "submitter+physics", headers: Record<string, string> = {}): Promise<{ id: string; existing?: boolean; visibility: string; code?: string }> =>
      await (await mesh.ask("/v1/videos", { method: "POST", key, headers, body: { url: "https://media.example/both.mp4", ...(visibility === undefined ? {} : { visibility }) } })).json() as { id: string; visibility: string };
    const [first, open, again, openAgain, unsaid] = [await post("private"), await post("public"), await post("private"), await post("public"), await post(undefined)];
    expect([first.visibility, first.existing, open.visibility, open.existing]).to.deep.equal(["private", undefined, "public", undefined]);
    expect([again.id, openAgain.id, unsaid.id]).to.deep.equal([first.id, open.id, open.id]);
    expect(first.id).to.not.equal(open.id);
    expect((await post("private", "submitter+arts")).id).to.not.equal(first.id);
    const keyed = await post("private", "submitter+physics", { "Idempotency-Key": "k" });
    expect([keyed.id, (await post("public", "submitter+physics", { "Idempotency-Key": "other" })).visibility]).to.deep.equal([first.id, "public"]);
    expect((await post("secret")).code).to.equal("bad_request");
  });

  it("lets who may not order it do nothing to it", async () => {
    for (const operation of operations.filter(({ method }) => orders.includes(method))) await ask(operation.method, fill(operation, id), "admin+arts");
    expect(await ask("GET", `/v1/videos/${id}`, "viewer+physics")).to.include({ status: 200 });
  });

  it("costs a public one nothing: that stays for everybody, and for everybody to keep", async () => {
    const open = await mesh.make();
    const answer = await mesh.ask(`/play/${open}/360p/0.m4s`);
    expect([answer.status, answer.headers.get("cache-control"), answer.headers.get("vary")]).to.deep.equal([200, "public, max-age=31536000, immutable", null]);
    expect((await mesh.ask(`/v1/videos/${open}/links`, { method: "POST", key: "submitter", body: {} })).status).to.equal(409);
  });
});
