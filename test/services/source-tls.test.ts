import { expect } from "chai";
import { randomBytes } from "node:crypto";
import type { SourceRef } from "../../services/source/source.contract.ts";
import { makeCertificates, type Certificates } from "../support/certificates.ts";
import { part, startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { rejection } from "../support/rejection.ts";
import { startSourceBroker, type SourceBroker } from "../support/source-broker.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

const content = randomBytes(300_000);

describe("source service and an origin over TLS", () => {
  let certificates: Certificates;
  let origin: RawOrigin;
  let plain: TestOrigin;
  let node: SourceBroker;

  before(async () => { certificates = await makeCertificates(); });
  after(() => certificates.forget());
  beforeEach(async () => { plain = await startOrigin({ files: { "/a.mp4": content } }); });
  afterEach(async () => {
    await node.stop();
    await origin.stop();
    await plain.stop();
  });

  const at = (path: string): SourceRef => ({ kind: "url", url: `https://${origin.hostPort}${path}` });
  async function start(kind: Exclude<keyof Certificates, "forget">): Promise<void> {
    origin = await startRawOrigin(part(content), certificates[kind]);
    node = await startSourceBroker({ allow: [origin.hostPort, plain.hostPort], limits: { headersMs: 10_000, idleMs: 10_000 } });
  }
  const readAll = async (source: SourceRef): Promise<Buffer> => await node.readAll(source, await node.open(source));

  it("with a good certificate is read", async () => {
    await start("good");
    expect((await readAll(at("/a.mp4"))).equals(content)).to.equal(true);
  });

  for (const kind of ["otherName", "expired", "selfSigned", "unknownAuthority"] as const) {
    it(`with a bad certificate hears no request and is not tried again: ${kind}`, async () => {
      await start(kind);
      expect(await rejection(node.open(at("/a.mp4")), kind)).to.deep.include({ type: "source_unreachable", message: "The origin's certificate is not valid for its name." });
      expect(origin.requests).to.deep.equal([]);
      expect(origin.connections).to.equal(1);
    });
  }

  it("that redirects to the same host without TLS is not followed", async () => {
    await start("good");
    origin.answer = (socket) => socket.end(`HTTP/1.1 302 Found\r\nLocation: ${plain.url}/a.mp4\r\nContent-Length: 0\r\n\r\n`);
    expect(await rejection(node.open(at("/a.mp4")), "downgrade")).to.include({ type: "source_refused" });
    expect(plain.stats.connections).to.equal(0);
  });

  it("is followed to from one without", async () => {
    await start("good");
    plain.behave("/hop", { redirectTo: `https://${origin.hostPort}/a.mp4` });
    expect((await readAll({ kind: "url", url: `${plain.url}/hop` })).equals(content)).to.equal(true);
  });

  it("is followed to only with a good certificate", async () => {
    await start("selfSigned");
    plain.behave("/hop", { redirectTo: `https://${origin.hostPort}/a.mp4` });
    expect(await rejection(node.open({ kind: "url", url: `${plain.url}/hop` }), "bad hop")).to.include({ type: "source_unreachable" });
    expect(origin.requests).to.deep.equal([]);
  });

  it("is not taken for one without, nor the other way round", async () => {
    await start("good");
    for (const url of [`http://${origin.hostPort}/a.mp4`, `https://${plain.hostPort}/a.mp4`]) {
      expect(await rejection(node.open({ kind: "url", url }), url)).to.include({ type: "source_unreachable" });
    }
    expect([origin.requests.length, plain.stats.requests]).to.deep.equal([0, 0]);
  });
});
