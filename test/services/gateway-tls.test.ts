/** The gateway over TLS: what it speaks, what it says of itself, and how its certificate is renewed while it runs. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request, type RequestOptions } from "node:https";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { expect } from "chai";
import { issueCertificate, makeAuthority, type Issued } from "../../bin/keys/authority.ts";
import { openCertificate } from "../../services/gateway/live-certificate.ts";
import { eventually } from "../support/eventually.ts";
import { openHistory } from "../support/history.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { rejection } from "../support/rejection.ts";
import { startGatewayMesh, VIDEO_ID, type GatewayMesh } from "./gateway-mesh.ts";

describe("the gateway over TLS", function () {
  this.timeout(20_000);
  let dir: string;
  let authority: Issued;
  let files: { cert: string; key: string };
  let mesh: GatewayMesh | undefined;
  const sockets: (TLSSocket | Socket)[] = [];
  before(async () => { authority = await makeAuthority("test", Date.now()); });
  beforeEach(async () => {
    dir = await makeTempDir("gateway-tls");
    files = { cert: join(dir, "gateway.crt"), key: join(dir, "gateway.key") };
    write(await issue("first"));
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await mesh?.stop();
    mesh = undefined;
    await removeDir(dir);
  });

  const issue = (name: string, days = 90): Promise<Issued> => issueCertificate(authority, { name, usages: ["server"], hosts: ["localhost", "video.example.org"] }, Date.now(), days);
  function write({ cert, key }: Issued): void {
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key);
  }
  async function start(): Promise<number> {
    mesh = await startGatewayMesh({ tls: files });
    expect(mesh.url).to.match(/^https:\/\/127\.0\.0\.1:\d+$/);
    return Number(new URL(mesh.url).port);
  }
  async function shake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ca: authority.cert, ...options });
    sockets.push(socket);
    await once(socket, "secureConnect");
    return socket;
  }
  async function get(port: number, path: string, options: RequestOptions = {}): Promise<{ headers: NodeJS.Dict<string | string[]>; body: string }> {
    const asked = request({ host: "127.0.0.1", port, path, servername: "localhost", ca: authority.cert, agent: false, ...options }).end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    let body = "";
    for await (const chunk of answer) body += String(chunk);
    return { headers: answer.headers, body };
  }
  const shownBy = async (port: number): Promise<unknown> => (await shake(port)).getPeerCertificate().subject.CN;

  it("speaks HTTP/1.1 in TLS 1.3 and 1.2, and nothing older", async () => {
    const port = await start();
    expect((await shake(port, { ALPNProtocols: ["h2", "http/1.1"] })).alpnProtocol).to.equal("http/1.1");
    expect([(await shake(port)).getProtocol(), (await shake(port, { maxVersion: "TLSv1.2" })).getProtocol()]).to.deep.equal(["TLSv1.3", "TLSv1.2"]);
    expect(String(await rejection(shake(port, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }), "TLS 1.1"))).to.match(/protocol version/);
  });

  it("answers nobody without TLS", async () => {
    const socket = createConnection(await start(), "127.0.0.1");
    sockets.push(socket);
    let said = "";
    socket.on("data", (bytes: Buffer) => { said += bytes.toString("latin1"); });
    socket.on("error", () => undefined);
    socket.write("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(socket, "close");
    expect(said).to.not.include("HTTP/1.1 200");
  });

  it("gives links that say https, and asks browsers to keep to it, but where the name is every machine's", async () => {
    const port = await start();
    const { headers, body } = await get(port, `/v1/videos/${VIDEO_ID}`, { headers: { host: "video.example.org" } });
    expect((JSON.parse(body) as { playback: object }).playback).to.deep.equal({ hls: `https://video.example.org/play/${VIDEO_ID}/master.m3u8`, dash: `https://video.example.org/play/${VIDEO_ID}/manifest.mpd`, page: `https://video.example.org/watch/${VIDEO_ID}` });
    expect(headers["strict-transport-security"]).to.equal("max-age=31536000");
    expect((await get(port, "/no/such", { headers: { host: "video.example.org" } })).headers["strict-transport-security"], "also with a problem").to.equal("max-age=31536000");
    expect((await get(port, "/health/live", { headers: { host: `localhost:${port}` } })).headers["strict-transport-security"]).to.equal(undefined);
  });

  it("shows a renewed certificate without a restart, and connections go on", async () => {
    const port = await start();
    const before = await shake(port);
    write(await issue("second"));
    await eventually(async () => (await shownBy(port)) === "second");
    before.write("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(String(((await once(before, "data")) as [Buffer])[0])).to.match(/^HTTP\/1\.1 200/);
  });

  it("stops although somebody never ends a handshake", async () => {
    const socket = createConnection(await start(), "127.0.0.1");
    sockets.push(socket);
    await once(socket, "connect");
    socket.on("error", () => undefined);
    const closed = once(socket, "close");
    await Promise.all([mesh?.stop(), closed]);
    mesh = undefined;
  });

  const bad: Record<string, [string, () => Promise<void> | void]> = {
    "a key of another certificate": ["the key is not that of the certificate", async () => writeFileSync(files.key, (await issue("other")).key)],
    "a certificate that is none": ["the certificate is none, in PEM", () => writeFileSync(files.cert, "-----BEGIN CERTIFICATE-----\nx")],
    "a key that is none": ["the key is none, in PEM and without a password", () => writeFileSync(files.key, "")],
  };
  for (const [what, [why, spoil]] of Object.entries(bad)) {
    it(`does not start with ${what}, and says so`, async () => {
      await spoil();
      expect(String(await rejection(start(), what))).to.include(`LECTERN_TLS_CERT and LECTERN_TLS_KEY: ${why}.`);
    });

    it(`keeps the old one when it is renewed with ${what}, and says so once`, async () => {
      const told = openHistory<string>();
      const renewed = openHistory<string>();
      const certificate = await openCertificate(files, { info: () => undefined, error: (line: string) => told.add(line) }, ({ cert }) => renewed.add(cert), 5);
      try {
        await spoil();
        await eventually(() => told.all.length > 0);
        const good = await issue("third");
        write(good);
        await eventually(() => renewed.all.length > 0);
        expect(told.all).to.deep.equal([`The gateway's certificate stays as it was: ${why}`]);
        expect(renewed.all).to.deep.equal([good.cert]);
      } finally {
        certificate.close();
      }
    });
  }

  it("is not renewed with one that has expired", async () => {
    const told = openHistory<string>();
    const certificate = await openCertificate(files, { info: () => undefined, error: (line: string) => told.add(line) }, () => told.add("renewed"), 5);
    write(await issue("late", -1));
    await eventually(() => told.all.length > 0);
    certificate.close();
    expect(told.all.join()).to.match(/^The gateway's certificate stays as it was: the new one expired on \d{4}-/);
  });
});
