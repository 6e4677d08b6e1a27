/** Sources through the operator's proxies: real ones, that take credentials, and die. */
import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "chai";
import { findErrorCode } from "../../config/errors.ts";
import type { IdentityState } from "../../services/source/egress/identity.ts";
import type { SourceRef } from "../../services/source/source.contract.ts";
import { eventually } from "../support/eventually.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { startMicrosocks, startTinyproxy, type TestProxy } from "../support/proxies.ts";
import { rejection } from "../support/rejection.ts";
import { startSourceBroker, type SourceBroker, type SourceBrokerOptions } from "../support/source-broker.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

const content = randomBytes(3 * 1024 * 1024 + 17);
const LOGIN = { user: "lectern", password: "secret" };

describe("egress", function () {
  this.timeout(30_000);
  let dir: string;
  let origin: TestOrigin;
  let node: SourceBroker;
  let proxies: TestProxy[];

  beforeEach(async () => {
    dir = await makeTempDir("egress");
    origin = await startOrigin({ files: Object.fromEntries(["/a", "/b", "/c", "/d"].map((path) => [path, content])) });
    proxies = [];
  });
  afterEach(async () => {
    await node.stop();
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    await origin.stop();
    await removeDir(dir);
  });

  const open = async <T extends TestProxy>(proxy: Promise<T>): Promise<T> => {
    const started = await proxy;
    proxies.push(started);
    return started;
  };
  async function start(policy: object, options: Partial<SourceBrokerOptions> = {}): Promise<void> {
    const sourcePolicy = join(dir, "policy.json");
    await writeFile(sourcePolicy, JSON.stringify(policy));
    node = await startSourceBroker({ allow: [origin.hostPort], sourcePolicy, ...options });
  }
  const at = (path: string): SourceRef => ({ kind: "url", url: origin.url + path });
  async function readWell(path: string): Promise<void> {
    const facts = await node.open(at(path));
    expect((await node.readAll(at(path), facts)).equals(content), path).to.equal(true);
  }
  const fare = async (): Promise<Record<string, IdentityState>> => Object.fromEntries((await node.broker.call<IdentityState[]>("source.egress")).map((state) => [state.name, state]));

  /** A body's end is noticed after its last byte. */
  const untilIdle = async (): Promise<unknown> => await eventually(async () => Object.values(await fare()).every(({ active }) => active === 0));

  for (const [kind, startProxy, password] of [["HTTP CONNECT", startTinyproxy, "secret"], ["SOCKS5", startMicrosocks, "s@cr/t"]] as const) {
    it(`goes through ${kind} with user and password, and gives the bytes as they are`, async () => {
      const { url } = await open(startProxy({ user: "lectern", password }));
      await start({ identities: [{ name: "campus", proxy: url, region: "eu" }] });
      await readWell("/a");
      const { campus } = await fare();
      expect(campus).to.include({ region: "eu", failures: 0, restingMs: 0 });
      expect(campus?.requests).to.be.above(1);
      expect(campus?.latencyMs).to.be.above(-1);
      await untilIdle();
    });

    it(`says that no way leads out when ${kind} refuses, and never goes direct by itself`, async () => {
      const { url } = await open(startProxy({ user: "lectern", password: "right" }));
      await start({ identities: [{ name: "campus", proxy: url.replace("right", "wrong") }, { name: "direct" }], hosts: [{ match: ["*"], identities: ["campus"] }] });
      const error = await rejection(node.open(at("/a")), "a proxy that refuses");
      expect(findErrorCode(error)).to.equal("source_unreachable");
      expect(String(error)).to.include("No way out").and.not.include("wrong");
      expect(origin.stats.connections).to.equal(0);
      expect((await fare())["campus"]).to.include({ active: 0 }).and.have.property("failures").above(0);
    });
  }

  it("spreads sources over the ways out, and keeps each on its own", async () => {
    const [first, second] = [await open(startTinyproxy(LOGIN)), await open(startMicrosocks(LOGIN))];
    await start({ identities: [{ name: "one", proxy: first.url }, { name: "two", proxy: second.url }] });
    for (const path of ["/a", "/b", "/c", "/d"]) await node.open(at(path));
    const opened = await fare();
    expect([opened["one"]?.requests, opened["two"]?.requests]).to.deep.equal([2, 2]);
    await readWell("/a");
    await readWell("/c");
    const read = await fare();
    expect(read["two"]?.requests).to.equal(2);
    expect(read["one"]?.requests).to.be.above(4);
  });

  it("goes on through another when one dies in the middle of a file, without a byte amiss", async () => {
    const [first, second] = [await open(startTinyproxy(LOGIN)), await open(startMicrosocks(LOGIN))];
    await start({ identities: [{ name: "one", proxy: first.url }, { name: "two", proxy: second.url }] }, { limits: { headersMs: 5_000, idleMs: 5_000, graceMs: 10_000 } });
    origin.behave("/a", { dripBytesPerSec: 4 * 1024 * 1024 });
    const facts = await node.open(at("/a"));
    expect((await fare())["one"]?.requests).to.equal(1);
    const reading = node.readAll(at("/a"), facts);
    await wait(150);
    await first.kill();
    expect((await reading).equals(content)).to.equal(true);
    const { one, two } = await fare();
    expect(one?.failures).to.be.above(0);
    expect(two?.requests).to.be.above(0);
    await untilIdle();
  });

  it("gives a way out that is dead a rest", async () => {
    const [dead, alive] = [await open(startMicrosocks(LOGIN)), await open(startMicrosocks(LOGIN))];
    await dead.kill();
    await start({ identities: [{ name: "dead", proxy: dead.url }, { name: "alive", proxy: alive.url }] });
    for (const path of ["/a", "/b", "/c"]) await readWell(path);
    const state = await fare();
    expect(state["dead"]).to.include({ failures: 1 }); // of three sources that could have tried it
  });

  it("takes a refusal of the origin as final, whichever way out it came through", async () => {
    const proxy = await open(startTinyproxy(LOGIN));
    await start({ identities: [{ name: "one", proxy: proxy.url }, { name: "direct" }] });
    for (const status of [401, 403, 451]) {
      origin.behave("/a", { status });
      origin.resetStats();
      expect(findErrorCode(await rejection(node.open(at("/a")), `${status}`))).to.equal("source_refused");
      expect(origin.stats.requests).to.equal(1);
    }
  });

  describe("and the address rules", () => {
    let proxy: Server;
    let asked: string[];
    let sockets: Set<Socket>;

    /** Says what it is asked for, and leads everything to the origin. */
    beforeEach(async () => {
      asked = [];
      sockets = new Set();
      proxy = createServer();
      proxy.on("connection", (socket) => sockets.add(socket));
      proxy.on("connect", (request, client: Socket) => {
        asked.push(request.url ?? "");
        const upstream = connect(Number(new URL(origin.url).port), "127.0.0.1", () => {
          client.write("HTTP/1.1 200 Connection established\r\n\r\n");
          client.pipe(upstream).pipe(client);
        });
        for (const socket of [upstream, client]) socket.on("error", () => { upstream.destroy(); client.destroy(); });
      });
      proxy.listen(0, "127.0.0.1");
      await once(proxy, "listening");
    });
    afterEach(() => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    });
    const identities = (): object[] => [{ name: "campus", proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }];

    it("tells a proxy the address that was checked, not the name, which it would look up for itself", async () => {
      await start({ identities: identities(), hosts: [{ match: ["*"], robots: "ignore" }] }, { resolve: async () => ["2606:4700::1111", "93.184.216.34"] });
      const facts = await node.open({ kind: "url", url: "http://video.example/a" });
      expect(facts.size).to.equal(content.length);
      expect(new Set(asked)).to.deep.equal(new Set(["93.184.216.34:80"]));
      expect(origin.stats.log[0]?.headers.host).to.equal("video.example");
    });

    it("asks a proxy for nothing that is not public, whatever the name was when it was posted", async () => {
      const answers = [["93.184.216.34"], ["169.254.169.254"]];
      await start({ identities: identities(), hosts: [{ match: ["*"], robots: "ignore" }] }, { resolve: async () => answers.shift() ?? ["127.0.0.1"] });
      await node.broker.call("source.check", { url: "http://rebind.example/a" });
      expect(findErrorCode(await rejection(node.open({ kind: "url", url: "http://rebind.example/a" }), "rebinding"))).to.equal("source_refused");
      for (const url of ["http://127.0.0.1/a", "http://[::1]/a", "http://169.254.169.254/latest"]) expect(findErrorCode(await rejection(node.open({ kind: "url", url }), url))).to.equal("source_refused");
      expect(asked).to.deep.equal([]);
    });
  });
});
