/** What nginx passes on as it comes: uploads, event streams, segments while they are made, and who asks. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:http2";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { makeCertificates, type Certificates } from "../support/certificates.ts";
import { startEdge, type Edge } from "../support/edge.ts";

const ID = "01j00000000000000000000000";

describe("what an edge of nginx passes on", () => {
  let certificates: Certificates;
  let edge: Edge;
  let shielded: Edge;
  let asked: IncomingMessage[] = [];
  let handle: (req: IncomingMessage, res: ServerResponse) => void | Promise<void>;
  const gateway = createServer((req, res) => {
    asked.push(req);
    void handle(req, res);
  });
  const agent = new Agent({ rejectUnauthorized: false });
  const isPlaylist = (req: IncomingMessage): boolean => req.url?.endsWith(".m3u8") === true;
  const nextBytes = async (answer: IncomingMessage): Promise<string> => String((await once(answer, "data") as [Buffer])[0]);

  before(async () => {
    certificates = await makeCertificates();
    handle = (_req, res) => void res.end();
    gateway.listen(0, "127.0.0.1");
    await once(gateway, "listening");
    edge = await startEdge(`127.0.0.1:${(gateway.address() as AddressInfo).port}`, certificates.good);
  });
  beforeEach(() => { asked = []; });
  after(async () => {
    await shielded?.stop();
    await edge?.stop();
    agent.destroy();
    gateway.closeAllConnections();
    gateway.close();
    certificates?.forget();
  });

  it("an upload, while it is sent: what came before a line broke has arrived", async () => {
    const arrived = Promise.withResolvers<{ text: string; cut: boolean }>();
    const first = Promise.withResolvers<void>();
    handle = async (req) => {
      let text = "";
      req.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        first.resolve();
      });
      req.on("error", () => undefined).on("close", () => arrived.resolve({ text, cut: !req.complete }));
    };
    const upload = request(`${edge.url}/v1/uploads/tus/x`, { agent, method: "PATCH", headers: { "Content-Length": 10_000_000 } });
    upload.on("error", () => undefined).write("the beginning");
    await first.promise;
    upload.destroy();
    expect(await arrived.promise).to.deep.equal({ text: "the beginning", cut: true });
  });

  it("each event of a stream when it is sent", async () => {
    const stream = Promise.withResolvers<ServerResponse>();
    handle = (_req, res) => {
      res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no" });
      res.write("event: one\n\n");
      stream.resolve(res);
    };
    const following = request(`${edge.url}/v1/videos/${ID}/events`, { agent }).end();
    const [answer] = await once(following, "response") as [IncomingMessage];
    expect(await nextBytes(answer)).to.equal("event: one\n\n");
    (await stream.promise).write("event: two\n\n");
    expect(await nextBytes(answer)).to.equal("event: two\n\n");
    following.on("error", () => undefined).destroy();
    (await stream.promise).destroy();
  });

  it("the parts of a segment as they are made, while it is kept", async () => {
    const part = "x".repeat(64 * 1024);
    const made = Promise.withResolvers<ServerResponse>();
    handle = (req, res) => {
      res.writeHead(200, { "Cache-Control": isPlaylist(req) ? "public, max-age=60" : "public, max-age=31536000, immutable" });
      if (isPlaylist(req)) res.end("#EXTM3U");
      else {
        res.write(part);
        made.resolve(res);
      }
    };
    const watching = request(`${edge.url}/play/${ID}/360p/0.m4s`, { agent }).end();
    const [answer] = await once(watching, "response") as [IncomingMessage];
    expect(await nextBytes(answer)).to.match(/^x+$/);
    (await made.promise).end(part);
    let rest = 0;
    for await (const chunk of answer) rest += (chunk as Buffer).length;
    expect(rest).to.be.greaterThan(part.length - 1);
    const again = await fetch(`${edge.url}/play/${ID}/360p/0.m4s`);
    expect([again.headers.get("x-cache"), (await again.text()).length]).to.deep.equal(["HIT", 2 * part.length]);
  });

  it("keeps nothing of a segment that broke off", async () => {
    handle = (req, res) => {
      res.writeHead(200, { "Cache-Control": "public, max-age=60" });
      if (isPlaylist(req)) res.end("#EXTM3U");
      else res.write("x".repeat(64 * 1024), () => res.destroy());
    };
    const path = `/play/${ID}/360p/1.m4s`;
    await fetch(`${edge.url}${path}`).then((answer) => answer.arrayBuffer()).catch(() => undefined);
    handle = (_req, res) => void res.writeHead(200, { "Cache-Control": "public, max-age=60" }).end("whole");
    const again = await fetch(`${edge.url}${path}`);
    expect([again.headers.get("x-cache"), await again.text()]).to.deep.equal(["MISS", "whole"]);
  });

  it("who asks, behind what they say of themselves; and nothing of an answer's way to compress", async () => {
    handle = (_req, res) => void res.end();
    await fetch(`${edge.url}/v1/access`, { headers: { "X-Forwarded-For": "203.0.113.9" } });
    expect(asked.map(({ headers }) => [headers["x-forwarded-for"], headers.host, headers["accept-encoding"]])).to.deep.equal([["203.0.113.9, 127.0.0.1", new URL(edge.url).host, undefined]]);
  });

  it("requests of HTTP/2, as browsers make them", async () => {
    handle = (_req, res) => void res.end("answer");
    const session = connect(edge.url, { rejectUnauthorized: false });
    const stream = session.request({ ":path": "/v1/access", "authorization": "Bearer key" });
    let text = "";
    for await (const chunk of stream.setEncoding("utf8")) text += String(chunk);
    session.close();
    expect([text, asked[0]?.headers.host, asked[0]?.headers.authorization, asked[0]?.httpVersion]).to.deep.equal(["answer", new URL(edge.url).host, "Bearer key", "1.1"]);
  });

  it("once what two edges behind one shield want at once", async () => {
    const { hostPort, stop } = await plainFace(edge.url);
    try {
      shielded = await startEdge(hostPort, certificates.good);
      asked = [];
      handle = (_req, res) => void res.writeHead(200, { "Cache-Control": "public, max-age=60" }).end("segment");
      const path = `/play/${ID}/720p/7.m4s`;
      const texts = await Promise.all([edge, shielded, edge, shielded].map(async ({ url }) => await (await fetch(`${url}${path}`)).text()));
      expect(texts).to.deep.equal(["segment", "segment", "segment", "segment"]);
      expect(asked.map(({ url }) => url).toSorted()).to.deep.equal([path, `/play/${ID}/720p/media.m3u8`].toSorted());
    } finally {
      await stop();
    }
  });

  /** The shield without TLS, as the edges of one network may have it. */
  async function plainFace(url: string): Promise<{ hostPort: string; stop(): Promise<void> }> {
    const face = createServer((req, res) => {
      const passed = request(`${url}${req.url ?? ""}`, { agent, method: req.method, headers: req.headers }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      });
      req.pipe(passed);
    });
    face.listen(0, "127.0.0.1");
    await once(face, "listening");
    return {
      hostPort: `127.0.0.1:${(face.address() as AddressInfo).port}`,
      async stop() {
        face.closeAllConnections();
        face.close();
        await once(face, "close");
      },
    };
  }
});
