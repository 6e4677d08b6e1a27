/** Origins that keep within every limit of a single step, and would take for ever: all steps together have one too. */
import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findErrorCode } from "../../config/errors.ts";
import type { OriginLimits } from "../../services/source/origin/origin-limits.ts";
import type { SourceRef } from "../../services/source/source.contract.ts";
import { eventually } from "../support/eventually.ts";
import { chunk, forever, head, part, startRawOrigin, type Answer, type RawOrigin } from "../support/raw-origin.ts";
import { rejection } from "../support/rejection.ts";
import { startSourceBroker, type SourceBroker } from "../support/source-broker.ts";

const BLOCK = 256 * 1024;
const content = randomBytes(2 * BLOCK + 4321);
/** So long that a test would end before. */
const STEPS = { connectMs: 60_000, headersMs: 60_000, idleMs: 60_000, graceMs: 60_000, retryAfterMaxMs: 60_000 };

describe("source service, in total", () => {
  let dataDir: string;
  let origin: RawOrigin;
  let node: SourceBroker | undefined;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "deadlines-"));
    origin = await startRawOrigin(part(content));
  });
  afterEach(async () => {
    await node?.stop();
    await origin.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const at = (path: string, scheme = "http"): SourceRef => ({ kind: "url", url: `${scheme}://${origin.hostPort}${path}` });
  async function start(limits: Partial<OriginLimits>): Promise<SourceBroker> {
    node = await startSourceBroker({ allow: [origin.hostPort], dataDir, limits: { ...STEPS, ...limits } });
    return node;
  }
  const listBlocks = async (): Promise<string[]> => (await readdir(join(dataDir, "cache", "source"), { recursive: true })).filter((name) => name.includes("/"));

  describe("opens in a bounded time", () => {
    const cases: Record<string, Answer> = {
      "what never answers": () => undefined,
      "what sends early hints for ever": (socket) => forever(socket, head("HTTP/1.1 103 Early Hints", "Link: </a>; rel=preload"), 20),
      "what sends headers for ever": (socket) => (socket.write("HTTP/1.1 200 OK\r\nX: "), forever(socket, "x", 20)),
      "what redirects and takes its time": async (socket, { path }) => {
        await delay(200);
        socket.write(head("HTTP/1.1 302 Found", `Location: ${path}x`, "Content-Length: 0", "Connection: close"));
      },
      "what asks for time": (socket) => socket.write(head("HTTP/1.1 503 Service Unavailable", "Retry-After: 50", "Content-Length: 0", "Connection: close")),
      "what says no size, sends fast enough and never ends": (socket) => {
        socket.write(head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"));
        socket.write(chunk(content)); // blocks to be forgotten again
        return forever(socket, chunk(Buffer.alloc(10)), 20);
      },
    };
    for (const [what, answer] of Object.entries(cases)) {
      it(what, async () => {
        const { open } = await start({ openMs: 500, minBytesPerSec: 1 });
        origin.answer = answer;
        const error = await rejection(open(at("/a")), what);
        expect(error).to.deep.include({ type: "source_unreachable", message: "The origin takes too long." });
        await eventually(() => origin.held() === 0);
        expect(await listBlocks()).to.deep.equal([]);
      });
    }

    it("what accepts a connection and never speaks TLS on it", async () => {
      origin.answer = () => undefined;
      for (const limits of [{ openMs: 300 }, { connectMs: 300, retries: 0 }]) {
        const { open, stop } = await start(limits);
        expect(findErrorCode(await rejection(open(at("/a", "https")), "open"))).to.equal("source_unreachable");
        await stop();
      }
      expect(origin.connections).to.equal(2);
    });

    it("what has to wait for others of the same host", async () => {
      const { open, readAll } = await start({ openMs: 1_000, perHost: 1 });
      const enough = Promise.withResolvers<void>();
      origin.answer = async (socket) => {
        socket.write(head("HTTP/1.1 200 OK", 'ETag: "1"', `Content-Length: ${content.length}`)); // without a validator its beginning would be waited for
        await enough.promise;
        socket.write(content);
        origin.answer = part(content);
      };
      const held = await open(at("/held"));
      expect(await rejection(open(at("/waiting")), "waiting")).to.deep.include({ type: "source_unreachable", message: "The origin takes too long." });
      enough.resolve();
      expect((await readAll(at("/held"), held)).equals(content)).to.equal(true);
      expect((await open(at("/later"))).size).to.equal(content.length);
      expect(origin.requests.map(({ path }) => path)).to.deep.equal(["/held", "/later"]);
    });
  });

  it("leaves a file on its way when it is open", async () => {
    const { open, readAll } = await start({ openMs: 1_000 });
    origin.answer = async (socket) => {
      socket.write(head("HTTP/1.1 200 OK", `Content-Length: ${content.length}`));
      socket.write(content.subarray(0, BLOCK));
      await delay(1_500);
      socket.write(content.subarray(BLOCK));
    };
    const facts = await open(at("/a"));
    expect((await readAll(at("/a"), facts)).equals(content)).to.equal(true);
    expect(origin.requests).to.have.length(1);
  });

  it("fetches blocks in a time that is bounded by how many they are", async () => {
    const { open, read } = await start({ fetchMs: 300, minBytesPerSec: 2 ** 30 });
    const { version } = await open(at("/a"));
    origin.answer = () => undefined;
    expect(await rejection(read(at("/a"), version, BLOCK, BLOCK + 10), "silent")).to.deep.include({ type: "source_unreachable", message: "The origin takes too long." });
    await eventually(() => origin.requests.length === 2);
    origin.answer = part(content);
    expect((await read(at("/a"), version, BLOCK, BLOCK + 10)).equals(content.subarray(BLOCK, BLOCK + 10))).to.equal(true);
  });

  it("reads a file without ranges in a time that is bounded by its size", async () => {
    const { open, read } = await start({ fetchMs: 300, minBytesPerSec: 2 ** 30, graceMs: 60_000 });
    origin.answer = (socket) => {
      socket.end(`${head("HTTP/1.1 200 OK", 'ETag: "1"', `Content-Length: ${content.length}`)}x`); // and is cut
      origin.answer = () => undefined;
    };
    const { version } = await open(at("/a"));
    expect(await rejection(read(at("/a"), version, 0, 10), "silent")).to.deep.include({ type: "source_unreachable", message: "The origin takes too long." });
  });
});
