/** What the operator's policy and the origins' own wishes do to fetching. */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "chai";
import { findErrorCode } from "../../config/errors.ts";
import type { PolicyFile } from "../../services/source/access/policy-schema.ts";
import { userAgent } from "../../services/source/origin/polite-client.ts";
import type { SourceRef } from "../../services/source/source.contract.ts";
import { eventually } from "../support/eventually.ts";
import type { TestServer } from "../support/nats.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { startRedis } from "../support/redis.ts";
import { rejection } from "../support/rejection.ts";
import { startSourceBroker, type SourceBroker, type SourceBrokerOptions } from "../support/source-broker.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

const content = randomBytes(2 * 1024 * 1024 + 99);

describe("source policy", function () {
  this.timeout(20_000);
  let dir: string;
  let origin: TestOrigin;
  let nodes: SourceBroker[];

  beforeEach(async () => {
    dir = await makeTempDir("source-policy");
    origin = await startOrigin({ files: Object.fromEntries(["/a", "/b", "/private/a"].map((path) => [path, content])) });
    nodes = [];
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await origin.stop();
    await removeDir(dir);
  });

  const write = async (policy: PolicyFile): Promise<string> => {
    const path = join(dir, "policy.json");
    await writeFile(path, JSON.stringify(policy));
    return path;
  };
  async function start(policy: PolicyFile, options: Partial<SourceBrokerOptions> = {}): Promise<SourceBroker> {
    const node = await startSourceBroker({ allow: [origin.hostPort], sourcePolicy: await write(policy), ...options });
    nodes.push(node);
    return node;
  }
  const at = (path: string): SourceRef => ({ kind: "url", url: origin.url + path });
  const failure = async (work: Promise<unknown>): Promise<string> => {
    const error = await rejection(work, "it");
    return `${findErrorCode(error)}: ${error instanceof Error ? error.message : ""}`;
  };
  async function readWell(node: SourceBroker, path: string): Promise<void> {
    const facts = await node.open(at(path));
    expect((await node.readAll(at(path), facts)).equals(content), path).to.equal(true);
  }
  const every = { match: ["*"] };
  const requests = (): string[] => origin.stats.log.map(({ path }) => path);

  describe("says which sites are fetched from", () => {
    const NOT_ALLOWED = "source_refused: The operator of this Lectern does not allow that site.";

    it("before anything is dialled: at submission, at opening, at reading", async () => {
      const node = await start({ domains: { deny: ["127.0.0.1"] } });
      expect(await failure(node.broker.call("source.check", { url: `${origin.url}/a` }))).to.equal(NOT_ALLOWED);
      expect(await failure(node.open(at("/a")))).to.equal(NOT_ALLOWED);
      expect(await failure(node.read(at("/a"), `${content.length} none`, 0, 10))).to.equal(NOT_ALLOWED);
      expect(origin.stats.connections).to.equal(0);
    });

    it("for each tenant", async () => {
      const node = await start({ tenants: { physics: { domains: { deny: ["127.0.0.1"] } } } });
      const check = (tenant: string): Promise<unknown> => node.broker.call("source.check", { url: `${origin.url}/a`, tenant });
      expect(await failure(check("physics"))).to.equal(NOT_ALLOWED);
      await check("default");
      expect(origin.stats.connections).to.equal(0);
    });

    it("for each tenant where its address leads, whoever else may go there and has been there", async () => {
      const other = await startOrigin({ host: "127.0.0.2", files: { "/a": content, "/b": content } });
      try {
        const tenants = { physics: { domains: { deny: ["127.0.0.2"] } }, arts: { domains: { allow: ["127.0.0.1", "127.0.0.2"] } } };
        const node = await start({ tenants, hosts: [{ ...every, robots: "obey", readAhead: false }] }, { allow: [origin.hostPort, other.hostPort] });
        const of = (tenant: string, path: string): SourceRef => ({ kind: "url", url: origin.url + path, tenant });
        origin.behave("/hop", { redirectTo: `${other.url}/a` });
        origin.behave("/away", { redirectTo: `${other.url}/b` });
        expect(await failure(node.open(of("physics", "/away")))).to.equal(NOT_ALLOWED);
        expect(other.stats.connections, "not even for its robots.txt").to.equal(0);
        const facts = await node.open(at("/hop"));
        await node.read(at("/hop"), facts.version, 0, 10);
        const [before, last] = [other.stats.requests, content.length - 10];
        expect(await failure(node.open(of("physics", "/hop")))).to.equal(NOT_ALLOWED);
        expect(await failure(node.read(of("physics", "/hop"), facts.version, last, content.length))).to.equal(NOT_ALLOWED);
        expect(other.stats.requests).to.equal(before);
        for (const tenant of ["arts", "maths"]) expect((await node.read(of(tenant, "/hop"), facts.version, last, content.length)).equals(content.subarray(last)), tenant).to.equal(true);
      } finally {
        await other.stop();
      }
    });

    it("at every redirect as well", async () => {
      const other = await startOrigin({ host: "127.0.0.2", files: { "/a": content } });
      try {
        const node = await start({ domains: { allow: ["127.0.0.1"] } }, { allow: [origin.hostPort, other.hostPort] });
        origin.behave("/hop", { redirectTo: `${other.url}/a` });
        expect(await failure(node.open(at("/hop")))).to.equal(NOT_ALLOWED);
        expect(other.stats.connections).to.equal(0);
      } finally {
        await other.stop();
      }
    });

    it("from the moment the file changes, without a restart", async () => {
      const node = await start({});
      await node.open(at("/a"));
      await write({ domains: { deny: ["127.0.0.1"] } });
      await eventually(async () => node.open(at("/a")).then(() => false, (error: unknown) => findErrorCode(error) === "source_refused"));
    });
  });

  describe("and robots.txt", () => {
    const robots = (text: string): void => origin.put("/robots.txt", Buffer.from(text));

    it("are obeyed, at the price of one request for all that an origin has", async () => {
      robots("User-agent: *\nDisallow: /\n\nUser-agent: lectern\nDisallow: /private/");
      const node = await start({ hosts: [{ ...every, robots: "obey" }] });
      expect(await failure(node.open(at("/private/a")))).to.match(/^source_refused: The origin's robots\.txt/);
      await readWell(node, "/a");
      await node.open(at("/b"));
      expect(requests().filter((path) => path === "/robots.txt")).to.have.length(1);
      expect(requests()).to.not.include("/private/a");
    });

    it("are not asked for where the operator has the right: by policy, or an origin of the operator's own", async () => {
      robots("User-agent: *\nDisallow: /");
      await (await start({})).open(at("/a"));
      await (await start({ hosts: [{ ...every, robots: "ignore" }] })).open(at("/a"));
      expect(requests()).to.deep.equal(["/a", "/a"]);
    });

    it("that are not there allow everything; that the origin cannot give, nothing", async () => {
      const node = await start({ hosts: [{ ...every, robots: "obey" }] });
      await node.open(at("/a")); // 404
      origin.behave("/robots.txt", { status: 503 });
      const another = await start({ hosts: [{ ...every, robots: "obey" }] });
      expect(await failure(another.open(at("/a")))).to.match(/^source_refused: The origin's robots\.txt/);
    });

    it("hold where a redirect leads", async () => {
      robots("User-agent: *\nDisallow: /private/");
      origin.behave("/hop", { redirectTo: "/private/a" });
      const node = await start({ hosts: [{ ...every, robots: "obey" }] });
      expect(await failure(node.open(at("/hop")))).to.match(/^source_refused: The origin's robots\.txt/);
      expect(requests()).to.not.include("/private/a");
    });
  });

  it("names us and a contact, or a profile's headers in their order, the same for all of a source", async () => {
    const plain = await start({ contact: "https://school.example/fetching" });
    await plain.open(at("/a"));
    expect(origin.stats.log.at(-1)?.headers["user-agent"]).to.equal(userAgent("https://school.example/fetching"));
    expect(userAgent("x@y")).to.match(/^Lectern\/\S+ \(\+x@y\)$/);
    origin.resetStats();
    const node = await start({
      profiles: { archive: [{ "User-Agent": "One/1", Accept: "video/*" }, { "User-Agent": "Two/2", Accept: "*/*" }] },
      hosts: [{ ...every, profile: "archive" }],
    });
    await readWell(node, "/a");
    await readWell(node, "/b");
    const names = (path: string): Set<string | undefined> => new Set(origin.stats.log.filter((request) => request.path === path).map(({ headers }) => headers["user-agent"]));
    expect([names("/a").size, names("/b").size]).to.deep.equal([1, 1]);
    expect(new Set([...names("/a"), ...names("/b")])).to.deep.equal(new Set(["One/1", "Two/2"]));
    for (const { headers } of origin.stats.log) {
      expect(Object.keys(headers).filter((name) => ["user-agent", "accept"].includes(name))).to.deep.equal(["user-agent", "accept"]);
      expect(headers).to.include({ "accept-encoding": "identity" });
    }
  });

  it("leaves a host alone in its quiet hours, and tells until when", async () => {
    const node = await start({ hosts: [{ ...every, quietHours: ["00:00-12:00", "12:00-23:59", "23:59-00:00"] }] });
    expect(await failure(node.open(at("/a")))).to.equal("source_unreachable: The origin is left alone at this hour.");
    expect(origin.stats.connections).to.equal(0);
  });

  it("pauses between the requests for a source", async () => {
    const node = await start({ hosts: [{ ...every, thinkMs: [60, 80], readAhead: false }] });
    const facts = await node.open(at("/a"));
    const startedAt = performance.now();
    for (let n = 1; n < 5; n++) await node.read(at("/a"), facts.version, n * 300_000, n * 300_000 + 10);
    expect(performance.now() - startedAt).to.be.above(4 * 60 - 5);
  });

  it("fetches nothing ahead of who reads where it says so", async () => {
    const node = await start({ hosts: [{ ...every, readAhead: false }] });
    const facts = await node.open(at("/a"));
    for (let block = 0; block < 4; block++) await node.read(at("/a"), facts.version, block * 262_144, (block + 1) * 262_144);
    await wait(50);
    expect(origin.stats.bytes).to.equal(4 * 262_144);
  });

  it("bounds what a host is asked for at once, for all nodes of the region, and leaves it alone when it asks for that", async () => {
    const redis: TestServer = await startRedis();
    try {
      const policy = { hosts: [{ ...every, concurrency: 3, requestsPerSec: 10_000 }] };
      const [here, there] = [await start(policy, { redisUrl: redis.url }), await start(policy, { redisUrl: redis.url })];
      for (const path of ["/a", "/b"]) origin.behave(path, { delayMs: 10 });
      const files = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`/many/${n}`, content]));
      for (const [path, bytes] of Object.entries(files)) {
        origin.put(path, bytes);
        origin.behave(path, { delayMs: 10 });
      }
      await Promise.all(Object.keys(files).map(async (path, n) => { await readWell(n % 2 === 0 ? here : there, path); }));
      expect(origin.stats.maxConcurrent).to.equal(3);
      origin.behave("/a", { status: 429, retryAfter: "1", times: 1 });
      origin.resetStats();
      const opening = here.open(at("/a"));
      await eventually(() => origin.stats.requests === 1);
      const startedAt = performance.now();
      await there.open(at("/b")); // another file, another node
      expect(performance.now() - startedAt).to.be.above(500);
      await opening;
    } finally {
      await Promise.all(nodes.splice(0).map((node) => node.stop()));
      await redis.stop();
    }
  });
});
