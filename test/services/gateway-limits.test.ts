/** Clients who ask too often, stall, or come from other sites' pages. */
import { createServer } from "node:http";
import { connect } from "node:net";
import { once } from "node:events";
import { expect } from "chai";
import { Redis } from "ioredis";
import { RATES } from "../../config/rates.ts";
import { nodeState } from "../../mixins/node-state.ts";
import { WINDOW_MS } from "../../services/gateway/limits/rate-limits.ts";
import { openConnections } from "../../services/gateway/connections.ts";
import { eventually } from "../support/eventually.ts";
import type { TestServer } from "../support/nats.ts";
import { startRedis } from "../support/redis.ts";
import { startGatewayMesh, VIDEO_ID, type GatewayMesh } from "./gateway-mesh.ts";

const CAMPUS = "https://campus.example";

describe("two gateways of a region, behind a proxy", function () {
  this.timeout(30_000);
  let redis: TestServer;
  let gateways: GatewayMesh[];
  let looked = 0;

  beforeEach(async () => {
    await eventually(() => Date.now() % WINDOW_MS < WINDOW_MS - 10_000); // no minute ends in the midst of a test
    redis = await startRedis();
    looked = 0;
    const settings = {
      redisUrl: redis.url, trustedProxies: ["127.0.0.1"], corsOrigins: [CAMPUS], rates: { ...RATES, failures: 3, questions: 10, images: 2, play: 5 },
      callers(credential: string) {
        looked++;
        return credential.startsWith("good") ? { subject: `key:${credential}`, roles: ["viewer" as const] } : null;
      },
    };
    gateways = [await startGatewayMesh(settings), await startGatewayMesh(settings)];
  });
  afterEach(async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await redis.stop();
  });

  const ask = (at: number, path: string, from: string, key?: string): Promise<Response> =>
    fetch(`${gateways[at]?.url}${path}`, { headers: { "X-Forwarded-For": from, ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }) } });
  const statuses = async (times: number, asking: () => Promise<Response>): Promise<number[]> => {
    const found: number[] = [];
    for (let n = 0; n < times; n++) found.push((await asking()).status);
    return found;
  };
  const playlist = `/play/${VIDEO_ID}/master.m3u8`;

  it("turn away an address after what a minute allows, with when to come back, and nobody else", async () => {
    expect(await statuses(5, () => ask(0, playlist, "203.0.113.1"))).to.deep.equal([200, 200, 200, 200, 200]);
    const refused = await ask(0, playlist, "203.0.113.1");
    expect(refused.status).to.equal(429);
    expect(Number(refused.headers.get("retry-after"))).to.be.within(1, 60);
    expect(await refused.json()).to.include({ code: "rate_limited", status: 429 });
    expect(await statuses(1, () => ask(0, playlist, "203.0.113.2"))).to.deep.equal([200]);
    expect(await statuses(1, () => ask(0, `/v1/videos/${VIDEO_ID}`, "203.0.113.1"))).to.deep.equal([200]);
  });

  it("count together", async () => {
    const client = new Redis(redis.url);
    const told = async (total: number): Promise<unknown> => await eventually(async () => (await client.mget(...(await client.keys("*asked*")), "-")).includes(String(total)));
    await statuses(5, () => ask(0, playlist, "203.0.113.1"));
    await told(5);
    expect(await statuses(1, () => ask(1, playlist, "203.0.113.1"))).to.deep.equal([200]); // has not asked yet
    await told(6);
    await eventually(async () => (await ask(1, `/play/${VIDEO_ID}/360p/media.m3u8`, "203.0.113.1")).status === 429);
    expect(await client.mget(...(await client.keys("*asked*")))).to.deep.equal(["6"]);
    expect(await client.pttl((await client.keys("*asked*"))[0] ?? "")).to.be.within(1, 2 * WINDOW_MS);
    client.disconnect();
  });

  it("take an IPv6 network for one, and do not believe who writes other addresses before their own", async () => {
    expect((await statuses(6, () => ask(0, playlist, `2001:db8::${Math.ceil(Math.random() * 9_999)}`))).at(-1)).to.equal(429);
    expect((await statuses(6, () => ask(0, playlist, `198.51.100.${Math.ceil(Math.random() * 250)}, 203.0.113.7`))).at(-1)).to.equal(429);
  });

  it("count a key by itself, wherever it comes from", async () => {
    expect(await statuses(10, () => ask(0, "/v1/videos", `203.0.113.${Math.ceil(Math.random() * 250)}`, "good-1"))).to.not.include(429);
    expect((await ask(0, "/v1/videos", "203.0.113.3", "good-1")).status).to.equal(429);
    expect((await ask(0, "/v1/videos", "203.0.113.3", "good-2")).status).to.equal(200);
  });

  it("look at no more unknown keys of an address that has tried too many, and go on with those they know", async () => {
    expect(await statuses(1, () => ask(0, "/v1/videos", "203.0.113.4", "good-before"))).to.deep.equal([200]);
    expect(await statuses(5, () => ask(0, "/v1/videos", "203.0.113.4", `guess-${Math.random()}`))).to.deep.equal([401, 401, 401, 429, 429]);
    expect(looked).to.equal(4);
    expect(await statuses(1, () => ask(0, "/v1/videos", "203.0.113.4", "good-before"))).to.deep.equal([200]);
    expect(await statuses(1, () => ask(0, "/v1/videos", "203.0.113.5", "good-elsewhere"))).to.deep.equal([200]);
  });

  it("go on, each by itself, while Redis is away", async () => {
    await redis.kill();
    expect((await statuses(6, () => ask(0, playlist, "203.0.113.1")))).to.deep.equal([200, 200, 200, 200, 200, 429]);
    expect((await statuses(6, () => ask(1, playlist, "203.0.113.1")))).to.deep.equal([200, 200, 200, 200, 200, 429]);
  });

  it("let pages of the sites they know use the API, to the letter, and any page play", async () => {
    const from = (path: string, origin: string, method = "GET"): Promise<Response> => fetch(`${gateways[0]?.url}${path}`, { method, headers: { Origin: origin, ...(method === "OPTIONS" ? { "Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "authorization" } : {}) } });
    const allowed = (answer: Response): string | null => answer.headers.get("access-control-allow-origin");
    expect(allowed(await from(`/v1/videos/${VIDEO_ID}`, CAMPUS))).to.equal(CAMPUS);
    for (const stranger of ["https://campus.example.evil.org", "https://evil-campus.example", "http://campus.example", "https://campus.example:8443", "null"]) {
      const answer = await from(`/v1/videos/${VIDEO_ID}`, stranger);
      expect([allowed(answer), answer.headers.get("vary")], stranger).to.deep.equal([null, "Origin"]);
      expect(allowed(await from(`/v1/videos/${VIDEO_ID}`, stranger, "OPTIONS")), stranger).to.equal(null);
    }
    for (const path of [`/v1/videos/${VIDEO_ID}`, "/v1/uploads/tus"]) {
      const preflight = await from(path, CAMPUS, "OPTIONS");
      expect([preflight.status, allowed(preflight)], path).to.deep.equal([204, CAMPUS]);
      expect(preflight.headers.get("access-control-allow-headers"), path).to.include("Authorization");
      expect(preflight.headers.get("access-control-allow-methods"), path).to.include("DELETE");
      expect(preflight.headers.get("access-control-allow-credentials"), path).to.equal(null);
    }
    expect(allowed(await from(playlist, "https://anybody.example"))).to.equal("*");
    expect(gateways[0]?.fakes.videos.has(VIDEO_ID)).to.equal(true);
  });
});

describe("a gateway on its own machine", function () {
  this.timeout(30_000);

  it("turns nobody away who asks from there", async () => {
    const gateway = await startGatewayMesh({ rates: { ...RATES, play: 1 } });
    try {
      const found = await Promise.all(Array.from({ length: 20 }, () => fetch(`${gateway.url}/play/${VIDEO_ID}/master.m3u8`)));
      expect(new Set(found.map(({ status }) => status))).to.deep.equal(new Set([200]));
    } finally {
      await gateway.stop();
    }
  });
});

describe("the gateway's connections", function () {
  this.timeout(30_000);

  it("end where a client stalls, and stay where it waits", async () => {
    const stalledMs = 300;
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const server = createServer((req, res) => {
      if (req.url === "/large") return void res.end(Buffer.alloc(64 * 1024 * 1024));
      if (req.url === "/wait") return void (begun.resolve(), go.promise.then(() => res.end("there")));
      req.resume().once("end", () => res.end("read"));
    });
    const connections = openConnections(server, nodeState({} as Parameters<typeof nodeState>[0]), { moveStreams: () => undefined, endStreams: () => undefined }, stalledMs);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const open = (text: string) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined).write(text);
      return { socket, closed: once(socket, "close") };
    };
    try {
      const waiting = open("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
      await begun.promise;
      const takesNothing = open("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
      takesNothing.socket.pause();
      const sendsNothing = open("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
      sendsNothing.socket.resume();
      await sendsNothing.closed;
      await eventually(() => connections.count() === 1); // the one that takes nothing is gone as well
      takesNothing.socket.resume();
      await takesNothing.closed;
      go.resolve();
      const [answer] = (await once(waiting.socket, "data")) as [Buffer];
      expect(answer.toString()).to.match(/there$/);
    } finally {
      connections.close();
      server.closeAllConnections();
      server.close();
    }
  });
});
