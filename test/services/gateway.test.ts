/** The gateway over HTTP: what it takes, answers and refuses, on whatever path. */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { expect } from "chai";
import * as fc from "fast-check";
import { ERRORS } from "../../config/errors.ts";
import { expectProblem, OTHER_ID, QUEUE, startGatewayMesh, UPLOAD_ID, VIDEO_ID, type GatewayMesh } from "./gateway-mesh.ts";

describe("gateway over HTTP", () => {
  let mesh: GatewayMesh;

  beforeEach(async () => { mesh = await startGatewayMesh(); });
  afterEach(() => mesh.stop());

  const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(mesh.url + path, init);
  const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    ask("/v1/videos", { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: typeof body === "string" ? body : JSON.stringify(body) });

  describe("POST /v1/videos", () => {
    it("accepts a URL and answers with links under the host that was asked", async () => {
      const answer = await post({ url: "https://media.example/a.mp4", title: " Lecture 1 ", policy: "lazy", priority: "high", labels: { course: "cs101" } }, { "Idempotency-Key": "key-1" });
      expect(answer.status).to.equal(202);
      expect(answer.headers.get("location")).to.equal(`${mesh.url}/v1/videos/${VIDEO_ID}`);
      expect(await answer.json()).to.deep.include({ id: VIDEO_ID, status: "submitted", title: "Lecture 1", playback: { hls: `${mesh.url}/play/${VIDEO_ID}/master.m3u8`, dash: `${mesh.url}/play/${VIDEO_ID}/manifest.mpd`, page: `${mesh.url}/watch/${VIDEO_ID}` } });
      expect(mesh.fakes.submitted).to.deep.equal([{ source: { kind: "url", url: "https://media.example/a.mp4" }, visibility: "public", title: "Lecture 1", policy: "lazy", priority: "high", labels: { course: "cs101" }, idempotencyKey: "key-1" }]);
    });

    it("hands on the one name of an address, however it was spelled", async () => {
      await post({ url: "HTTPS://Media.Example:443/a.mp4#t=90" });
      expect(mesh.fakes.submitted[0]?.source).to.deep.equal({ kind: "url", url: "https://media.example/a.mp4" });
    });

    it("accepts an upload that exists", async () => {
      expect((await post({ uploadId: UPLOAD_ID })).status).to.equal(202);
      await expectProblem(await post({ uploadId: OTHER_ID }), "upload_not_found");
      await expectProblem(await post({ uploadId: "../../etc" }), "upload_not_found");
      expect(mesh.fakes.submitted).to.have.length(1);
    });

    it("refuses what the form or the address rules out, naming the fault", async () => {
      await expectProblem(await post({ url: "https://a.example/", ttl: 3, tittle: "x" }), "bad_request", /"ttl", "tittle"/);
      await expectProblem(await post({}), "bad_request", /url or uploadId/);
      await expectProblem(await post({ url: "https://a.example/", uploadId: UPLOAD_ID }), "bad_request", /not both/);
      await expectProblem(await post({ url: 7 }), "bad_request", /url/);
      await expectProblem(await post({ url: "https://a.example/", policy: "never" }), "bad_request", /lazy, hybrid, eager/);
      await expectProblem(await post({ url: "https://a.example/", labels: { a: 1 } }), "bad_request", /labels/);
      await expectProblem(await post({ url: "https://a.example/", labels: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`l${i}`, "x"])) }), "bad_request", /labels/);
      await expectProblem(await post({ url: "https://a.example/" }, { "Idempotency-Key": "x".repeat(256) }), "bad_request", /Idempotency-Key/);
      await expectProblem(await post({ url: "not a url" }), "bad_url");
      await expectProblem(await post({ url: "http://10.0.0.1/x.mp4" }), "source_refused");
      expect(mesh.fakes.submitted).to.deep.equal([]);
    });

    it("refuses bodies that aren't small JSON objects", async () => {
      await expectProblem(await post("{"), "bad_request", /JSON/);
      await expectProblem(await post("[]"), "bad_request", /object/);
      await expectProblem(await post("null"), "bad_request", /object/);
      await expectProblem(await ask("/v1/videos", { method: "POST", body: "url=x", headers: { "Content-Type": "text/plain" } }), "bad_request", /application\/json/);
      await expectProblem(await post({ url: `https://a.example/${"x".repeat(70_000)}` }), "body_too_large");
      await expectProblem(await post(JSON.stringify({ url: "https://a.example/" }), { "Content-Encoding": "gzip" }), "bad_request", /compressed/);
    });

    it("stops reading a body without a length at the limit", async () => {
      const answer = await ask("/v1/videos", { method: "POST", headers: { "Content-Type": "application/json" }, duplex: "half", body: new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(16_384).fill(32)) }) } as RequestInit).catch((error: Error) => error);
      if (answer instanceof Response) await expectProblem(answer, "body_too_large");
      expect((await ask("/health/live")).status).to.equal(200);
    });

    it("uses the public URL when the operator set one", async () => {
      const other = await startGatewayMesh({ publicUrl: "https://video.example/base" });
      try {
        const answer = await fetch(`${other.url}/v1/videos/${VIDEO_ID}`);
        expect((await answer.json() as { playback: object }).playback).to.deep.equal({ hls: `https://video.example/base/play/${VIDEO_ID}/master.m3u8`, dash: `https://video.example/base/play/${VIDEO_ID}/manifest.mpd`, page: `https://video.example/base/watch/${VIDEO_ID}` });
      } finally {
        await other.stop();
      }
    });
  });

  describe("/v1/videos", () => {
    it("lists, gets and deletes", async () => {
      const page = await (await ask("/v1/videos?limit=1")).json() as { videos: { id: string; playback: object }[]; next: string };
      expect(page.videos.map(({ id }) => id)).to.deep.equal([VIDEO_ID]);
      expect(page.next).to.equal("more");
      expect(await (await ask(`/v1/videos/${VIDEO_ID}`)).json()).to.include({ id: VIDEO_ID, status: "ready" });
      const gone = await ask(`/v1/videos/${VIDEO_ID}`, { method: "DELETE" });
      expect([gone.status, await gone.text()]).to.deep.equal([204, ""]);
      await expectProblem(await ask(`/v1/videos/${VIDEO_ID}`), "video_not_found");
      await expectProblem(await ask(`/v1/videos/${VIDEO_ID}`, { method: "DELETE" }), "video_not_found");
    });

    it("refuses parameters that it doesn't know or can't use", async () => {
      for (const query of ["limit=0", "limit=101", "limit=x", "limit=-1", "limit=", "offset=1", "limit=1&__proto__[a]=1", "cursor=broken"]) {
        await expectProblem(await ask(`/v1/videos?${query}`), "bad_request");
      }
    });
  });

  describe("POST /v1/uploads", () => {
    it("answers what arrived", async () => {
      const answer = await ask("/v1/uploads", { method: "POST", body: "abc" });
      expect(answer.status).to.equal(201);
      expect(answer.headers.get("location")).to.equal(`${mesh.url}/v1/uploads/${UPLOAD_ID}`);
      expect(await answer.json()).to.deep.equal({ uploadId: UPLOAD_ID, size: 3, sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" });
    });

    it("passes bytes on as they come, and holds a fast client back", async () => {
      const total = 64 * 1024 * 1024;
      const open = Promise.withResolvers<void>();
      const first = Promise.withResolvers<void>();
      mesh.fakes.received = () => { first.resolve(); return open.promise; };
      const req = httpRequest(`${mesh.url}/v1/uploads`, { method: "POST", headers: { "Content-Length": total } });
      const chunk = Buffer.alloc(1024 * 1024);
      let written = 0;
      const pump = (): void => {
        while (written < total) {
          written += chunk.length;
          if (!req.write(chunk)) { req.once("drain", pump); return; }
        }
        req.end();
      };
      const answered = once(req, "response");
      pump();
      await first.promise;
      // several turns of the loop in which an unbounded reader would swallow everything
      for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(written).to.be.below(total / 2);
      open.resolve();
      const [res] = await answered;
      let text = "";
      for await (const part of res) text += part;
      expect(JSON.parse(text)).to.include({ size: total });
    });

    it("refuses what it doesn't offer, and nothing at all", async () => {
      await expectProblem(await ask("/v1/uploads", { method: "POST", headers: { "Tus-Resumable": "1.0.0" }, body: "" }), "bad_request", /tus/i);
      const form = new FormData();
      form.set("file", new Blob(["abc"]));
      await expectProblem(await ask("/v1/uploads", { method: "POST", body: form }), "bad_request", /form/);
    });

    it("answers an upload that is too large before it has all come", async () => {
      const req = httpRequest(`${mesh.url}/v1/uploads`, { method: "POST", headers: { "Content-Length": 2e9 } });
      req.on("error", () => undefined); // the connection is cut after the answer
      req.write(Buffer.alloc(1024));
      const [res] = await once(req, "response");
      expect([res.statusCode, res.headers.connection]).to.deep.equal([413, "close"]);
      req.destroy();
    });

    it("survives a client that leaves in the middle", async () => {
      const begun = Promise.withResolvers<void>();
      mesh.fakes.received = async () => begun.resolve();
      const req = httpRequest(`${mesh.url}/v1/uploads`, { method: "POST", headers: { "Content-Length": 1000 } });
      req.on("error", () => undefined);
      req.write(Buffer.alloc(10));
      await begun.promise;
      req.destroy();
      expect((await ask("/health/live")).status).to.equal(200);
    });
  });

  describe("any path", () => {
    it("answers HEAD as GET, without a body", async () => {
      for (const path of ["/", `/watch/${VIDEO_ID}`, "/assets/hls.min.js", "/assets/style.css", `/play/${VIDEO_ID}/master.m3u8`, `/play/${VIDEO_ID}/360p/media.m3u8`, `/play/${VIDEO_ID}/360p/init.mp4`, `/play/${VIDEO_ID}/360p/3.m4s`, `/play/${OTHER_ID}/master.m3u8`, "/health/ready"]) {
        const [get, head] = [await ask(path), await ask(path, { method: "HEAD" })];
        expect([head.status, (await head.arrayBuffer()).byteLength], path).to.deep.equal([get.status, 0]);
        for (const name of ["content-type", "cache-control", "etag", "content-security-policy", "access-control-allow-origin"]) expect(head.headers.get(name), `${path} ${name}`).to.equal(get.headers.get(name));
        if (get.ok) expect(head.headers.get("content-length"), path).to.equal(get.headers.get("content-length"));
        await get.arrayBuffer();
      }
    });

    it("answers other methods with 405 and Allow, unknown paths with 404", async () => {
      const wrong = await ask(`/v1/videos/${VIDEO_ID}`, { method: "PUT", body: "x" });
      expect(wrong.headers.get("allow")).to.equal("GET, HEAD, DELETE, OPTIONS");
      await expectProblem(wrong, "method_not_allowed");
      await expectProblem(await ask(`/v1/videos/${VIDEO_ID}/events`, { method: "POST" }), "method_not_allowed");
      for (const path of ["/v1", "/V1/videos", "/v1/videos/a/b/c", "/videos/submit", "/gateway/rest", "/~node/list", "/$node/list", "/assets/", "/nothing", `/v1/videos//`]) await expectProblem(await ask(path), "not_found");
    });

    it("never runs a handler for OPTIONS", async () => {
      const preflight = await ask(`/v1/videos/${VIDEO_ID}`, { method: "OPTIONS", headers: { Origin: "https://evil.example", "Access-Control-Request-Method": "DELETE" } });
      expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).to.deep.equal([204, null]);
      expect(mesh.fakes.videos.has(VIDEO_ID)).to.equal(true);
      const play = await ask(`/play/${VIDEO_ID}/360p/0.m4s`, { method: "OPTIONS", headers: { Origin: "https://lms.example", "Access-Control-Request-Method": "GET" } });
      expect([play.status, play.headers.get("access-control-allow-origin"), play.headers.get("access-control-allow-methods")]).to.deep.equal([204, "*", "GET, HEAD, OPTIONS"]);
      expect((await ask("/v1/videos", { method: "OPTIONS" })).headers.get("allow")).to.equal("POST, GET, HEAD, OPTIONS");
    });

    it("carries a request id, its own when the client's is odd", async () => {
      expect((await ask("/health/live", { headers: { "X-Request-Id": "abc" } })).headers.get("x-request-id")).to.equal("abc");
      expect((await ask("/health/live", { headers: { "X-Request-Id": "a b<script>" } })).headers.get("x-request-id")).to.match(/^[0-9a-f]{32}$/);
      expect((await ask("/nothing")).headers.get("x-request-id")).to.match(/^[0-9a-f]{32}$/);
    });

    it("carries the id of the trace that it belongs to in every answer, good ones and streams too", async () => {
      const trace = "0af7651916cd43dd8448eb211c80319c";
      const headers = { Traceparent: `00-${trace}-b7ad6b7169203331-01` };
      for (const path of [`/v1/videos/${VIDEO_ID}`, `/v1/videos/${VIDEO_ID}/events`, `/play/${VIDEO_ID}/360p/0.m4s`, `/play/${VIDEO_ID}/master.m3u8`, "/", "/health/live", "/nothing"]) {
        const leave = new AbortController();
        expect((await ask(path, { headers, signal: leave.signal })).headers.get("x-request-id"), path).to.equal(trace);
        leave.abort();
      }
      expect((await ask("/v1/uploads/tus", { method: "OPTIONS", headers })).headers.get("x-request-id")).to.equal(trace);
    });

    it("answers hostile paths and values with nothing but table errors", async () => {
      const statuses = new Set<number>(Object.values(ERRORS).map(({ status }) => status));
      const piece = fc.oneof(
        fc.constantFrom("v1", "videos", "play", "assets", "watch", "uploads", "events", VIDEO_ID, "..", "%2e%2e", "%2f", "%00", "%", "%c3%28", "master.m3u8", "init.mp4", "0.m4s", ".m4s", "__proto__", "constructor", ":id", "*", "~node", "package.json"),
        fc.string({ maxLength: 12 }).map(encodeURIComponent),
      );
      const path = fc.tuple(fc.array(piece, { maxLength: 6 }), fc.string({ maxLength: 12 }).map((q) => encodeURIComponent(q))).map(([parts, query]) => `/${parts.join("/")}${query === "" ? "" : `?${query}`}`);
      await fc.assert(fc.asyncProperty(path, fc.constantFrom("GET", "HEAD", "PUT", "OPTIONS"), async (target, method) => {
        if (/events(\?|$)/.test(target)) return; // a stream that stays open
        const status = await rawStatus(mesh.url, `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
        expect(status < 400 || statuses.has(status), `${method} ${target}: ${status}`).to.equal(true);
        expect(status, target).to.be.below(500);
      }), { numRuns: 150 });
      await fc.assert(fc.asyncProperty(fc.jsonValue(), fc.constantFrom("url", "title", "policy", "priority", "labels", "uploadId", "x"), async (value, field) => {
        const answer = await post({ url: "https://a.example/", [field]: value });
        expect(answer.status).to.be.oneOf([202, 400, 404, 413]);
      }), { numRuns: 100 });
      expect((await ask("/health/live")).status).to.equal(200);
    }).timeout(20_000);

    it("doesn't serve files beside its own", async () => {
      for (const target of ["/assets/../package.json", "/assets/..%2fpackage.json", "/assets/%2e%2e/package.json", "/assets/..\\package.json", "/assets/%00", "/assets/constructor", "//etc/passwd"]) {
        expect(await rawStatus(mesh.url, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), target).to.equal(404);
      }
    });
  });

  describe("operating", () => {
    it("is ready when the whole chain is there and works", async () => {
      expect(await (await ask("/health/ready")).json()).to.deep.equal({ status: "ready" });
    });

    it("names what is missing or failing", async () => {
      mesh.fakes.failing.add("storage.check").add("transcoder.check");
      const service = mesh.broker.getLocalService("validator");
      await mesh.broker.destroyService(service);
      const answer = await ask("/health/ready");
      expect(answer.headers.get("retry-after")).to.equal("1");
      await expectProblem(answer, "not_ready", /^Not ready: validator, storage\.check \(staged\), transcoder\.check \(staged\)\.$/);
    });

    it("shows nodes, queue, metrics and its own description", async () => {
      const { nodes } = await (await ask("/v1/nodes")).json() as { nodes: { id: string }[] };
      expect(nodes.map(({ id }) => id)).to.deep.equal(["gateway-1"]);
      expect(await (await ask("/v1/queue")).json()).to.deep.equal(QUEUE);
      expect(await (await ask("/metrics")).text()).to.contain('moleculer_req_total{action="scheduler.report",service="scheduler",nodeID="gateway-1"} 1');
      expect(await (await ask("/openapi.json")).json()).to.include({ openapi: "3.1.0" });
      await mesh.broker.destroyService(mesh.broker.getLocalService("scheduler"));
      await expectProblem(await ask("/v1/queue"), "not_ready");
    });

    it("serves pages under a strict policy, unchanged ones once", async () => {
      const first = await ask("/");
      expect(first.headers.get("content-type")).to.equal("text/html; charset=utf-8");
      expect(first.headers.get("content-security-policy")).to.contain("default-src 'none'").and.not.contain("unsafe");
      expect(first.headers.get("x-content-type-options")).to.equal("nosniff");
      const again = await ask("/", { headers: { "If-None-Match": first.headers.get("etag") ?? "" } });
      expect([again.status, await again.text()]).to.deep.equal([304, ""]);
      for (const script of ["hls.min.js", "tus.min.js"]) expect((await ask(`/assets/${script}`)).headers.get("content-type"), script).to.equal("text/javascript; charset=utf-8");
      await expectProblem(await ask("/watch/short"), "video_not_found");
    });
  });
});

/** The status of a request written as it is, which an HTTP client would tidy up. */
async function rawStatus(url: string, head: string): Promise<number> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(head);
  let text = "";
  for await (const chunk of socket) text += chunk;
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
}
