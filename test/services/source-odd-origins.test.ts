/** Origins that break HTTP or stretch it: what whoever asks for a source hears, and that nothing hangs or stays behind. */
import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { findErrorCode } from "../../config/errors.ts";
import type { SourceRef } from "../../services/source/source.contract.ts";
import { eventually } from "../support/eventually.ts";
import { chunk, forever, head, part, partHeaders, startRawOrigin, untilQuiet, type Answer, type RawOrigin } from "../support/raw-origin.ts";
import { rejection } from "../support/rejection.ts";
import { startSourceBroker, type SourceBroker } from "../support/source-broker.ts";

const BLOCK = 256 * 1024;
const content = randomBytes(2 * BLOCK + 4321);
const good = part(content);
const OK = "HTTP/1.1 200 OK";
const PARTIAL = "HTTP/1.1 206 Partial Content";

describe("source service and an origin that", () => {
  let dataDir: string;
  let origin: RawOrigin;
  let node: SourceBroker;
  let source: SourceRef;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "odd-origins-"));
    origin = await startRawOrigin(good);
    node = await startSourceBroker({ allow: [origin.hostPort], dataDir, maxBytes: 8 * 2 ** 20, cacheBytes: 4 * 2 ** 20, limits: { retries: 1 } });
    source = { kind: "url", url: `http://${origin.hostPort}/a.mp4` };
  });
  afterEach(async () => {
    await node.stop();
    await origin.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const listBlocks = async (): Promise<string[]> => (await readdir(join(dataDir, "cache", "source"), { recursive: true })).filter((name) => name.includes("/"));
  const openAndRead = async (): Promise<Buffer> => await node.readAll(source, await node.open(source));
  const readWell = async (): Promise<void> => {
    expect((await openAndRead()).equals(content)).to.equal(true);
  };
  /** The error; when it is told no connection and no block is left, and the origin may mend its ways at once. */
  async function failure(): Promise<Error & { data?: unknown }> {
    const error = await rejection(openAndRead(), "read") as Error;
    await untilQuiet(origin);
    expect(await listBlocks()).to.deep.equal([]);
    origin.answer = good;
    await readWell();
    return error;
  }

  describe("is odd, but understood:", () => {
    const cases: Record<string, Answer> = {
      "speaks HTTP/1.0 and says a part's length by closing": (socket, request) => {
        socket.write(head("HTTP/1.0 206 Partial Content", ...partHeaders(content, request)));
        socket.end(content.subarray(request.start, request.end));
      },
      "speaks HTTP/1.0, serves no ranges and says the length by closing": (socket) => {
        socket.write(head("HTTP/1.0 200 OK", 'ETag: "1"'));
        socket.end(content);
      },
      "sends a part in chunks": (socket, request) => {
        socket.write(head(PARTIAL, ...partHeaders(content, request), "Transfer-Encoding: chunked"));
        const bytes = content.subarray(request.start, request.end);
        for (let at = 0; at < bytes.length; at += 50_000) socket.write(chunk(bytes.subarray(at, at + 50_000)));
        socket.write("0\r\n\r\n");
      },
      "sends early hints first": (socket, request) => {
        for (let n = 0; n < 3; n++) socket.write(head("HTTP/1.1 103 Early Hints", "Link: </style.css>; rel=preload"));
        return good(socket, request);
      },
      "sends its headers byte by byte": async (socket, request) => {
        const bytes = content.subarray(request.start, request.end);
        for (const char of head(PARTIAL, ...partHeaders(content, request), `Content-Length: ${bytes.length}`)) {
          socket.write(char);
          await new Promise((resolve) => setImmediate(resolve));
        }
        socket.write(bytes);
      },
      "promises to keep the connection and closes it after the answer": (socket, request) => {
        void good(socket, request);
        socket.end();
      },
      "closes a kept connection when the next request comes": (socket, request) => {
        if (request.serial > 0) socket.destroy();
        else return good(socket, request);
      },
      "has a weak ETag only": (socket, request) => {
        const bytes = content.subarray(request.start, request.end);
        socket.write(head(PARTIAL, 'ETag: W/"1"', ...partHeaders(content, request).slice(1), `Content-Length: ${bytes.length}`));
        socket.write(bytes);
      },
    };
    for (const [what, answer] of Object.entries(cases)) {
      it(what, async () => {
        origin.answer = answer;
        await readWell();
      });
    }

    it("cuts a part half-way: the rest is asked for, of the same version", async () => {
      origin.answer = (socket, request) => {
        if (request.start === 0) return good(socket, request);
        const bytes = content.subarray(request.start, request.end);
        socket.write(head(PARTIAL, ...partHeaders(content, request), `Content-Length: ${bytes.length}`));
        socket.end(bytes.subarray(0, BLOCK + 1)); // one block and a bit
        origin.answer = good;
      };
      await readWell();
      expect(origin.requests.map(({ start }) => start)).to.deep.equal([0, BLOCK, 2 * BLOCK]);
      for (const { head: asked } of origin.requests.slice(1)) expect(asked.toLowerCase()).to.include('if-range: "1"');
    });
  });

  describe("cannot be understood:", () => {
    const cases: Record<string, readonly [Answer, RegExp]> = {
      "talks nonsense": [(socket) => socket.end("SSH-2.0-OpenSSH_9.2p1\r\n"), /^The origin does not answer\.$/],
      "sends random bytes for ever": [(socket) => forever(socket, randomBytes(1000)), /^The origin does not answer\.$/],
      "closes without a word": [(socket) => socket.end(), /^The origin does not answer\.$/],
      "answers what nobody asked for": [(socket) => socket.write(head("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")), /^The origin does not answer\.$/],
      "sends a header of a megabyte": [(socket) => socket.write(head(OK, `X: ${"x".repeat(2 ** 20)}`)), /^The origin does not answer\.$/],
      "sends headers for ever": [(socket) => (socket.write(`${OK}\r\n`), forever(socket, "X-Header: one of very many\r\n".repeat(100))), /^The origin does not answer\.$/],
      "sends a part that ends early, in chunks": [(socket, request) => {
        socket.write(head(PARTIAL, ...partHeaders(content, request), "Transfer-Encoding: chunked"));
        socket.write(chunk(content.subarray(request.start, request.start + 1000)));
        socket.end("0\r\n\r\n");
      }, /^The origin ends a range early\.$/],
      "sends a part that ends early, by closing": [(socket, request) => {
        socket.write(head("HTTP/1.0 206 Partial Content", ...partHeaders(content, request)));
        socket.end(content.subarray(request.start, request.start + 1000));
      }, /^The origin ends a range early\.$/],
      "closes before it has sent its Content-Length": [(socket, request) => {
        socket.write(head(PARTIAL, ...partHeaders(content, request), `Content-Length: ${BLOCK}`));
        socket.end(content.subarray(0, 1000));
      }, /^The origin does not answer\.$/],
      "cuts a chunked file without an end": [(socket) => {
        socket.write(head(OK, "Transfer-Encoding: chunked"));
        socket.end(chunk(content));
      }, /^The origin does not answer\.$/],
      "answers with several parts": [(socket, request) => {
        const body = head("--x", ...partHeaders(content, request)) + "abc\r\n--x--";
        socket.write(head(PARTIAL, "Content-Type: multipart/byteranges; boundary=x", `Content-Length: ${body.length}`, "Connection: close") + body);
      }, /^The origin answers one range in several parts\.$/],
      "answers with several parts under the range of one": [(socket, request) => {
        socket.write(head(PARTIAL, ...partHeaders(content, request), "Content-Type: multipart/byteranges; boundary=x", `Content-Length: ${BLOCK}`));
        socket.write(content.subarray(0, BLOCK));
      }, /^The origin answers one range in several parts\.$/],
      "compresses on the way": [(socket, request) => {
        socket.write(head(PARTIAL, ...partHeaders(content, request), "Transfer-Encoding: gzip, chunked"));
        socket.write(chunk(gzipSync(content.subarray(0, BLOCK))));
        socket.write("0\r\n\r\n");
      }, /^The origin sends the file gzip, chunked-encoded/],
      "finds that the file has no start": [(socket) => socket.write(head("HTTP/1.1 416 Range Not Satisfiable", `Content-Range: bytes */${content.length}`, "Content-Length: 0", "Connection: close")), /^The origin answers 416 to the first range\.$/],
    };
    for (const [what, [answer, message]] of Object.entries(cases)) {
      it(what, async () => {
        origin.answer = answer;
        const error = await failure();
        expect(findErrorCode(error)).to.equal("source_unreachable");
        expect(error.message).to.match(message);
      });
    }
  });

  describe("would hold us for ever:", () => {
    const cases: Record<string, readonly [Answer, RegExp]> = {
      "never answers": [() => undefined, /does not answer/],
      "sends its headers a byte at a time and never ends them": [(socket) => (socket.write(`${OK}\r\nX: `), forever(socket, "x", 50)), /does not answer/],
      "sends no body": [(socket, request) => socket.write(head(PARTIAL, ...partHeaders(content, request), `Content-Length: ${BLOCK}`)), /does not answer|too slowly/],
      "stops in the body": [(socket, request) => {
        socket.write(head(PARTIAL, ...partHeaders(content, request), `Content-Length: ${BLOCK}`));
        socket.write(content.subarray(0, 1000));
      }, /does not answer|too slowly/],
      "sends a byte just before it would be given up, for ever": [(socket, request) => {
        socket.write(head(PARTIAL, ...partHeaders(content, request), `Content-Length: ${BLOCK}`));
        return forever(socket, "x", 100);
      }, /sends too slowly/],
    };
    for (const [what, [answer, message]] of Object.entries(cases)) {
      it(what, async () => {
        origin.answer = answer;
        const error = await failure();
        expect(findErrorCode(error)).to.equal("source_unreachable");
        expect(error.message).to.match(message);
        expect(origin.requests.length).to.be.at.least(2);
      });
    }
  });

  it("has a body without end: is too large, and none of it is kept", async () => {
    origin.answer = (socket) => {
      socket.write(head(OK, "Transfer-Encoding: chunked"));
      return forever(socket, chunk(Buffer.alloc(64 * 1024)));
    };
    expect(findErrorCode(await failure())).to.equal("source_too_large");
  });

  it("has files that are too large: is let go, so that another file of it can be read", async () => {
    const [whole, ranged] = [
      head(OK, `Content-Length: ${2 ** 30}`),
      head(PARTIAL, `Content-Range: bytes 0-${BLOCK - 1}/${2 ** 30}`, `Content-Length: ${BLOCK}`),
    ];
    for (const start of [whole, ranged]) {
      origin.answer = (socket) => (socket.write(start), forever(socket, Buffer.alloc(64 * 1024)));
      for (let n = 0; n < 7; n++) { // more than there are connections to one host
        expect(findErrorCode(await rejection(node.open({ kind: "url", url: `http://${origin.hostPort}/large-${n}` }), start))).to.equal("source_too_large");
      }
      await eventually(() => origin.held() === 0);
    }
    origin.answer = good;
    await readWell();
  });

  it("says a Content-Length that is too short: gives what it said, and what follows is no answer to anything", async () => {
    const forged = `${head(PARTIAL, 'ETag: "1"', "Content-Range: bytes 0-5/6", "Content-Length: 6")}forged`;
    origin.answer = (socket) => {
      socket.write(head(OK, "Content-Length: 1000"));
      socket.write(Buffer.concat([content.subarray(0, 1000), Buffer.from(forged.repeat(3))]));
      origin.answer = good;
    };
    const facts = await node.open(source);
    expect(facts.size).to.equal(1000);
    expect((await node.readAll(source, facts)).equals(content.subarray(0, 1000))).to.equal(true);
    const other: SourceRef = { kind: "url", url: `http://${origin.hostPort}/b.mp4` };
    expect((await node.readAll(other, await node.open(other))).equals(content)).to.equal(true);
  });

  it("sends more than was asked for, without end: what was asked for is taken, and the rest is not waited for", async () => {
    origin.answer = (socket, request) => {
      socket.write(head(PARTIAL, ...partHeaders(content, request), "Transfer-Encoding: chunked"));
      socket.write(chunk(Buffer.concat([content.subarray(request.start, request.end), Buffer.from("surplus")])));
      return forever(socket, chunk(Buffer.alloc(50_000)));
    };
    const { version } = await node.open(source);
    for (const start of [0, BLOCK, 2 * BLOCK]) expect((await node.read(source, version, start, start + BLOCK)).equals(content.subarray(start, start + BLOCK))).to.equal(true);
    await eventually(() => origin.held() === 0);
    expect(origin.requests.map(({ start, end }) => [start, end])).to.deep.equal([[0, BLOCK], [BLOCK, 2 * BLOCK], [2 * BLOCK, content.length]]);
  });

  it("ignores If-Range and sends a part of another file: is noticed", async () => {
    const facts = await node.open(source);
    origin.answer = (socket, request) => {
      const bytes = content.subarray(request.start, request.end);
      socket.write(head(PARTIAL, 'ETag: "2"', ...partHeaders(content, request).slice(1), `Content-Length: ${bytes.length}`));
      socket.write(bytes);
    };
    expect(findErrorCode(await rejection(node.readAll(source, facts), "changed"))).to.equal("source_changed");
  });

  it("changes a file that has a weak ETag only: is noticed", async () => {
    const weak = (tag: string): Answer => (socket, request) => {
      const bytes = content.subarray(request.start, request.end);
      socket.write(head(PARTIAL, `ETag: W/"${tag}"`, ...partHeaders(content, request).slice(1), `Content-Length: ${bytes.length}`));
      socket.write(bytes);
    };
    origin.answer = weak("1");
    const facts = await node.open(source);
    origin.answer = weak("2");
    expect(findErrorCode(await rejection(node.readAll(source, facts), "changed"))).to.equal("source_changed");
  });

  it("says a Content-Length that is too long: gives what there is, and no more", async () => {
    origin.answer = (socket) => {
      socket.write(head(OK, `Content-Length: ${content.length + BLOCK}`));
      socket.write(content);
    };
    const facts = await node.open(source);
    expect((await node.read(source, facts.version, 0, 2 * BLOCK)).equals(content.subarray(0, 2 * BLOCK))).to.equal(true);
    expect(findErrorCode(await rejection(node.read(source, facts.version, 2 * BLOCK, content.length), "the end"))).to.equal("source_unreachable");
    await eventually(() => origin.held() === 0);
  });

  describe("sends the whole file at first, and is cut off:", () => {
    const cut: Answer = (socket) => void socket.end(`${head(OK, 'ETag: "1"', `Content-Length: ${content.length}`)}x`);

    it("serves ranges from then on: is read on", async () => {
      origin.answer = (socket, request) => {
        origin.answer = good;
        return cut(socket, request);
      };
      await readWell();
    });

    it("serves short ranges from then on: is read by these the next time", async () => {
      origin.answer = (socket, request) => {
        origin.answer = (again, next) => good(again, { ...next, end: Math.min(next.end, next.start + BLOCK) });
        return cut(socket, request);
      };
      expect((await rejection(openAndRead(), "read") as Error).message).to.equal("The origin serves ranges only sometimes.");
      await readWell();
    });
  });
});
