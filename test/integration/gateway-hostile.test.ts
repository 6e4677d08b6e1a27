/** Every route with hostile values in its path, query, headers and body: each is answered with a clear refusal, and nothing else happens. */
import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { openApiDocument } from "../../services/gateway/openapi.ts";
import { api, type Api, type Problem } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { findFfmpeg } from "../support/ffmpeg-processes.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { listStore } from "../support/store-files.ts";

interface Parameter { name: string; in: "path" | "query" | "header" }
interface Operation { operationId: string; parameters?: Parameter[]; requestBody?: object }
interface Asked { method: string; path: string; headers?: Record<string, string>; body?: Buffer | string }
interface Answer { status: number; headers: NodeJS.Dict<string | string[]>; body: string }

const NO_VIDEO = "01arz3ndektsv4rrffq69g5fav";
/** As they stand in a request line. */
const PATH_PARTS = [
  "..", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c..%5cwindows", "%00", "a%00b", "%c0%ae%c0%ae", "%ff%fe", "%", "%zz", "%252e%252e",
  "__proto__", "constructor", "hasOwnProperty", "toString", "null", "undefined", "NaN", "-1", "0", "1e9", "99999999999999999999", "0x10", "1;drop", "'", "%22%3E%3Cscript%3E",
  "%F0%9F%98%80", "%E2%80%AE", "a".repeat(5_000), "*", "a:b", "a*b", "%0d%0aX-Evil:%201", "{}", "[]", "record.json", "../record.json", "%20", "..;",
];
const QUERY_VALUES = [...PATH_PARTS, "", "&", "a&a=b", "1%2C2", "1.0000000001", "-0", "Infinity", "00000000000000000000001", "1&t=2", "%5B%5D=1"];
const HEADER_VALUES = ["", "\u00ff", "a".repeat(8_000), "__proto__", "-1", "99999999999999999999", "0, 1", "sha256 !!!!", "bytes=0-,1-", "'; --", "text/event-stream", "%0d%0a", "1.0.0\t"];
const COMMON_HEADERS = ["Range", "If-None-Match", "Accept", "Accept-Encoding", "Origin", "X-Request-Id", "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "CF-IPCountry", "Content-Type", "Content-Encoding", "X-HTTP-Method-Override", "Last-Event-ID"];
/** One route of each kind. */
const MET_BY_ALL = ["GET /v1/videos", "GET /v1/videos/{id}/frame", "GET /play/{id}/master.m3u8", "GET /play/{id}/{rendition}/{n}.m4s", "GET /watch/{id}", "GET /metrics"];
const deep = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);
const BODIES: (Buffer | string)[] = [
  "", "{", "null", "[]", "1", "\"\"", "{}", "{\"url\":null}", "{\"url\":[]}", "{\"url\":{}}", "{\"url\":\"\"}", "{\"url\":\"file:///etc/passwd\"}", "{\"url\":\"http://127.0.0.1:1/\"}",
  "{\"url\":\"http://[::1]/\"}", "{\"url\":\"http://0x7f000001/\"}", "{\"url\":\"http://169.254.169.254/latest/meta-data/\"}", "{\"url\":\"gopher://x/\"}", `{"url":"http://${"a".repeat(3_000)}.example/"}`,
  "{\"uploadId\":\"../../etc\"}", "{\"uploadId\":1}", "{\"__proto__\":{\"admin\":true}}", "{\"constructor\":{\"prototype\":{}}}", "{\"url\":\"http://a.example/\",\"policy\":\"__proto__\"}",
  "{\"url\":\"http://a.example/\",\"labels\":{\"__proto__\":\"x\"}}", "{\"url\":\"http://a.example/\",\"labels\":[1]}", "{\"url\":\"http://a.example/\",\"tenant\":\"../x\"}", "{\"url\":\"http://a.example/\",\"title\":\"\\u0000\"}",
  deep("[", "]", 20_000), `{"url":${deep("[", "]", 20_000)}}`, Buffer.from([0xff, 0xfe, 0x00]), Buffer.alloc(70_000, "a"), `{"region":${"9".repeat(400)}}`,
];
/** What an answer must never show: where something lies, or how it is written. */
const TELLTALES = /node_modules|\.ts:\d|\bat \S+ \(|\/home\/|\/tmp\/|ENOENT|TypeError|SyntaxError|ECONN|moleculer/i;

describe("the gateway under hostile requests", function () {
  this.timeout(180_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;
  let id: string;
  let uploadId: string;
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });

  before(async () => {
    folder = await openFolder();
    mesh = await startMesh();
    lectern = api(mesh.httpUrl);
    ({ uploadId } = await lectern.upload(await makeLecture(folder.path("lecture.mp4"), { seconds: 6, size: "320x240" })));
    ({ id } = await lectern.post({ uploadId, policy: "eager" }));
    await lectern.until(id, "complete");
  });
  after(async () => {
    agent.destroy();
    await mesh?.stop();
    await folder?.remove();
  });

  async function ask({ method, path, headers = {}, body }: Asked): Promise<Answer> {
    const { hostname, port } = new URL(mesh.httpUrl);
    const req = request({ agent, host: hostname, port, method, path, headers: { ...headers, ...(body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) }) } });
    req.end(body);
    const [res] = (await once(req, "response")) as [IncomingMessage];
    if (res.headers["content-type"]?.startsWith("text/event-stream") === true && res.statusCode === 200) { // it has no end
      res.destroy();
      return { status: 200, headers: res.headers, body: "" };
    }
    return { status: res.statusCode ?? 0, headers: res.headers, body: await text(res) };
  }

  /** An answer as a stranger may see it, and no other. */
  function judge({ status, headers, body }: Answer, asked: Asked): string[] {
    const what = `${asked.method} ${asked.path.slice(0, 120)} ${JSON.stringify(asked.headers ?? {}).slice(0, 120)} ${String(asked.body ?? "").slice(0, 80)}`;
    const faults: string[] = [];
    const isProblem = headers["content-type"] === "application/problem+json";
    if (status > 499 || status < 200) faults.push(`is answered ${status}`);
    if (status < 400 && ["POST", "PATCH", "DELETE"].includes(asked.method)) faults.push(`is taken (${status})`);
    if (status >= 400 && asked.method !== "HEAD" && !isProblem) faults.push(`is refused as ${String(headers["content-type"])}`);
    if (isProblem && asked.method !== "HEAD") {
      const problem = JSON.parse(body) as Problem;
      if (problem.status !== status || !/^[a-z_]+$/.test(problem.code) || problem.requestId !== headers["x-request-id"]) faults.push(`is refused with ${body}`);
      if (TELLTALES.test(body)) faults.push(`tells ${body}`);
    }
    if ("x-evil" in headers) faults.push("sets a header of its own");
    if (status >= 400 && headers["x-content-type-options"] !== "nosniff") faults.push("may be sniffed");
    return faults.map((fault) => `${what}: ${fault}`);
  }

  async function askAll(all: readonly Asked[]): Promise<void> {
    const faults: string[] = [];
    for (let at = 0; at < all.length; at += 16) {
      await Promise.all(all.slice(at, at + 16).map(async (asked) => {
        const answer = await ask(asked);
        faults.push(...judge(answer, asked));
      }));
    }
    expect(faults.slice(0, 10)).to.deep.equal([]);
  }

  interface Described { method: string; template: string; parameters: Parameter[]; hasBody: boolean }
  const operations: Described[] = Object.entries(openApiDocument().paths).flatMap(([template, item]) => {
    const { parameters: shared = [], ...methods } = item as { parameters?: Parameter[] } & Record<string, Operation>;
    return Object.entries(methods as Record<string, Operation>).map(([method, { parameters = [], requestBody }]) => ({ method: method.toUpperCase(), template, parameters: [...shared, ...parameters], hasBody: requestBody !== undefined || ["post", "patch"].includes(method) }));
  });
  /** Deletes and orders only where there is nothing. */
  const fill = (template: string, method: string, values: Readonly<Record<string, string>> = {}): string =>
    template.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ({ id: ["GET", "HEAD"].includes(method) ? id : NO_VIDEO, rendition: "source", n: "0", name: "sub", file: "watch.js", uploadId: NO_VIDEO }[name] ?? "nobody"));

  it("refuses what stands in a path", async () => {
    const all = operations.flatMap(({ method, template, parameters }) => parameters.filter((parameter) => parameter.in === "path").flatMap(({ name }) =>
      PATH_PARTS.map((value): Asked => ({ method, path: fill(template, method, { [name]: value }), ...(method === "POST" || method === "PATCH" ? { body: "" } : {}) }))));
    expect(all.length).to.be.above(1_000);
    await askAll(all);
  });

  it("refuses what stands in a query, or passes over it", async () => {
    const all = operations.filter(({ method }) => method === "GET").flatMap(({ method, template, parameters }) =>
      [...parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name), "__proto__", "t"].flatMap((name) =>
        QUERY_VALUES.map((value): Asked => ({ method, path: `${fill(template, method)}?${name}=${value}` }))));
    await askAll(all);
  });

  it("refuses what stands in headers, or passes over it", async () => {
    const all = operations.flatMap(({ method, template, parameters }) =>
      [...parameters.filter((parameter) => parameter.in === "header").map(({ name }) => name), ...(MET_BY_ALL.includes(`${method} ${template}`) ? COMMON_HEADERS : [])].flatMap((name) =>
        HEADER_VALUES.map((value): Asked => ({ method, path: fill(template, method), headers: { [name]: value }, ...(method === "POST" || method === "PATCH" ? { body: "{}" } : {}) }))));
    await askAll(all);
  });

  it("refuses bodies that are none", async () => {
    const all = operations.filter(({ hasBody }) => hasBody).flatMap(({ method, template }) => ["application/json", "application/offset+octet-stream", "text/plain", "multipart/form-data; boundary=x"].flatMap((type) =>
      BODIES.map((body): Asked => ({ method, path: fill(template, method), body, headers: { "Content-Type": type, "Tus-Resumable": "1.0.0", "Upload-Length": "-1", "Upload-Offset": "-1" } }))));
    await askAll(all);
  });

  it("answers no line that is not HTTP, and goes on", async () => {
    const { port, hostname } = new URL(mesh.httpUrl);
    const lines = ["GET", "GET / HTTP/9.9\r\n\r\n", "\u0016\u0003\u0001", "GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://evil.example/ HTTP/1.1\r\nHost: a\r\n\r\n", "POST /v1/videos HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, `GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(5_000)}\r\n`, "POST /v1/videos HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n"];
    await Promise.all(lines.map(async (line) => {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => undefined); // cut off is an answer, too
      socket.write(line);
      const reply = await Promise.race([text(socket).catch(() => ""), new Promise<string>((resolve) => setTimeout(resolve, 1_500, "silence"))]);
      socket.destroy();
      expect(reply, line.slice(0, 60)).to.not.match(/^HTTP\/1\.1 5/).and.not.match(TELLTALES);
    }));
  });

  it("has done nothing but answer", async () => {
    expect((await fetch(`${mesh.httpUrl}/health/ready`)).status).to.equal(200);
    expect((await (await fetch(`${mesh.httpUrl}/v1/videos`)).json() as { videos: { id: string }[] }).videos.map((video) => video.id)).to.deep.equal([id]);
    expect(findFfmpeg(mesh.nodePid())).to.deep.equal([]);
    expect((await listStore(mesh, "uploads/")).filter((key) => !key.startsWith(`uploads/${uploadId}/`))).to.deep.equal([]);
    expect(mesh.nodeLog().split("\n").filter((line) => /\b(ERROR|FATAL)\b/.test(line))).to.deep.equal([]);
  });
});
