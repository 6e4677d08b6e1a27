import { expect } from "chai";
import { randomBytes } from "node:crypto";
import type { SourceRef } from "../../services/source/source.contract.ts";
import { eventually } from "../support/eventually.ts";
import { forever, head, startRawOrigin } from "../support/raw-origin.ts";
import { rejection } from "../support/rejection.ts";
import { startSourceBroker, type SourceBroker } from "../support/source-broker.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

const content = randomBytes(300_000);
/** More than a few blocks. */
const large = randomBytes(3_000_000);
const MAX_REDIRECTS = 5;
/** One set of words, whatever lies behind the address: it must not tell one private address from another. */
const ADDRESS = "The source's address is not allowed: it must be a public host that can be found, on port 80 or 443.";
const FORM = "The origin redirects to what is not a fetchable URL.";

describe("redirects of an origin", () => {
  let origin: TestOrigin;
  /** Listens on the loopback, and nobody allowed it. */
  let inner: TestOrigin;
  let node: SourceBroker;

  beforeEach(async () => {
    origin = await startOrigin({ files: { "/a.mp4": content } });
    inner = await startOrigin({ files: { "/a.mp4": Buffer.from("secret") } });
    node = await startSourceBroker({ allow: [origin.hostPort], limits: { headersMs: 10_000 } });
  });
  afterEach(async () => {
    await node.stop();
    await origin.stop();
    await inner.stop();
  });

  const at = (path: string): SourceRef => ({ kind: "url", url: origin.url + path });
  const portOf = ({ url }: TestOrigin): string => new URL(url).port;
  /** What a caller hears when the hop before the last one leads to `target`. */
  async function refusal(target: string): Promise<string> {
    origin.behave("/hop", { redirectTo: "/hop2" });
    origin.behave("/hop2", { redirectTo: target });
    const error = await rejection(node.open(at("/hop")), target) as Error;
    expect(error, target).to.include({ type: "source_refused" });
    return error.message;
  }

  it("to private addresses, whatever they look like, are not followed", async () => {
    const port = portOf(inner);
    const hosts = [
      "127.0.0.1", "localhost", "localhost.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "%31%32%37.0.0.1", "0", "127.0.0.1.",
      "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[::]",
    ];
    for (const host of hosts) {
      for (const target of [`http://${host}:${port}/a.mp4`, `http://${host}/a.mp4`, `//${host}:${port}/a.mp4`, `HTTP:\\\\${host}:${port}\\a.mp4`]) {
        expect(await refusal(target), target).to.equal(ADDRESS);
      }
    }
    for (const target of ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://metadata.google.internal/", "http://printer.local/", "http://intranet/"]) {
      expect(await refusal(target), target).to.equal(ADDRESS);
    }
    expect(inner.stats.connections).to.equal(0);
  });

  it("to names that cannot be found are not followed, in the same words", async () => {
    expect(await refusal("http://nowhere.example/")).to.equal(ADDRESS); // this node's resolver finds nothing
  });

  it("to other ports are not followed, also of an allowed host", async () => {
    const { hostname } = new URL(origin.url);
    for (const target of ["http://example.org:22/", "http://example.org:8080/", "https://example.org:6379/", `http://${hostname}:${portOf(inner)}/a.mp4`, `http://${hostname}:1/`]) {
      expect(await refusal(target), target).to.equal(ADDRESS);
    }
    expect(inner.stats.connections).to.equal(0);
  });

  it("to what is not plain HTTP are not followed, nor with a name or password, also at an allowed origin", async () => {
    for (const target of [
      "file:///etc/passwd", "data:video/mp4;base64,AAAA", "ftp://example.org/a", "gopher://example.org/", "javascript:alert(1)", "blob:http://example.org/x", "about:blank",
      `http://user@${origin.hostPort}/a.mp4`, `http://user:password@${origin.hostPort}/a.mp4`, `http://:password@${origin.hostPort}/a.mp4`, `//user@${origin.hostPort}/a.mp4`,
      `http://example.org@${origin.hostPort}/a.mp4`, `/${"x".repeat(3_000)}`,
    ]) {
      expect(await refusal(target), target).to.equal(FORM);
    }
    expect(await refusal("http://[")).to.equal("The origin redirects to nowhere.");
    expect(origin.stats.log.some(({ path }) => path === "/a.mp4")).to.equal(false);
  });

  it("without a place to go to are refused", async () => {
    origin.behave("/hop", { status: 302 });
    expect(await rejection(node.open(at("/hop")), "nowhere")).to.deep.include({ type: "source_refused", message: "The origin redirects to nowhere." });
  });

  it("are followed five times, and not once more, whatever their status", async () => {
    for (const [n, redirectStatus] of [301, 302, 303, 307, 308, 302].entries()) {
      origin.behave(`/${n + 1}`, { redirectTo: n === 0 ? "/a.mp4" : `/${n}`, redirectStatus });
    }
    expect((await node.open(at(`/${MAX_REDIRECTS}`))).size).to.equal(content.length);
    origin.resetStats();
    const error = await rejection(node.open(at(`/${MAX_REDIRECTS + 1}`)), "six");
    expect(error).to.deep.include({ type: "source_refused", message: "The origin redirects more than 5 times." });
    expect(origin.stats.log.map(({ path }) => path)).to.deep.equal(["/6", "/5", "/4", "/3", "/2", "/1"]);
  });

  it("are followed, and their target asked directly afterwards", async () => {
    origin.behave("/hop", { redirectTo: "/hop2", redirectStatus: 307 });
    origin.behave("/hop2", { redirectTo: `${origin.url}/large.mp4` });
    origin.put("/large.mp4", large);
    expect((await node.readAll(at("/hop"), await node.open(at("/hop")))).equals(large)).to.equal(true);
    const paths = origin.stats.log.map(({ path }) => path);
    expect(paths.slice(0, 3)).to.deep.equal(["/hop", "/hop2", "/large.mp4"]);
    expect(new Set(paths.slice(3))).to.deep.equal(new Set(["/large.mp4"]));
  });

  it("to a place that expires are asked for again from the start", async () => {
    origin.put("/signed-1", large);
    origin.put("/signed-2", large);
    origin.behave("/hop", { redirectTo: "/signed-1" });
    const facts = await node.open(at("/hop"));
    origin.behave("/signed-1", { status: 403 });
    origin.behave("/hop", { redirectTo: "/signed-2" });
    expect((await node.readAll(at("/hop"), facts)).equals(large)).to.equal(true);
  });

  it("for ever, to a private address or to another scheme are refused, also at the first hop", async () => {
    origin.behave("/loop", { redirectTo: "/loop" });
    expect(await rejection(node.open(at("/loop")), "a loop")).to.include({ type: "source_refused" });
    expect(origin.stats.requests).to.equal(6);
    for (const redirectTo of ["http://127.0.0.1:1/", "http://169.254.169.254/", "file:///etc/passwd", "http://user@example.org/", "//[::1]/"]) {
      origin.behave("/away", { redirectTo });
      expect(await rejection(node.open(at("/away")), redirectTo), redirectTo).to.include({ type: "source_refused" });
    }
  });

  it("are checked again at every later read, as they are then", async () => {
    origin.behave("/hop", { redirectTo: "/a.mp4" });
    const { version } = await node.open(at("/hop"));
    await node.broker.call("source.forget", { source: at("/hop") });
    origin.behave("/a.mp4", { redirectTo: `${inner.url}/a.mp4` });
    expect(await rejection(node.read(at("/hop"), version, 270_000, 270_010), "read")).to.deep.include({ type: "source_refused", message: ADDRESS });
    expect(inner.stats.connections).to.equal(0);
  });

  it("with a body are not read", async () => {
    const raw = await startRawOrigin((socket) => {
      socket.write(head("HTTP/1.1 302 Found", `Location: ${origin.url}/a.mp4`, "Transfer-Encoding: chunked"));
      return forever(socket, `1000\r\n${"x".repeat(0x1000)}\r\n`);
    });
    const other = await startSourceBroker({ allow: [origin.hostPort, raw.hostPort], limits: { headersMs: 10_000 } });
    try {
      const source: SourceRef = { kind: "url", url: `http://${raw.hostPort}/hop` };
      expect((await other.readAll(source, await other.open(source))).equals(content)).to.equal(true);
      await eventually(() => raw.held() === 0);
    } finally {
      await other.stop();
      await raw.stop();
    }
  });
});
