import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PeerCertificate } from "node:tls";
import { expect } from "chai";
import { nkeys } from "nats";
import { natsConnection } from "../../../config/nats-connection.ts";
import { makeTempDir, removeDir } from "../../support/processes.ts";

const NOTHING = { ca: undefined, pair: undefined, nkey: undefined };
const certificateOf = (name: string) => ({ subject: { CN: name }, subjectaltname: `DNS:${name}` }) as PeerCertificate;

describe("a connection to NATS", () => {
  it("is plain by a plain URL, and TLS wherever somebody is to be believed", () => {
    expect(natsConnection("nats://a:4222", NOTHING)).to.deep.equal({ url: "nats://a:4222", reconnectTimeWait: 200, maxReconnectAttempts: -1, ignoreAuthErrorAbort: true });
    expect(natsConnection("nats://a", { ...NOTHING, ca: "/ca.crt" }).tls).to.include({ caFile: "/ca.crt" });
    expect(natsConnection("nats://a", { ...NOTHING, pair: { cert: "/c.crt", key: "/c.key" } }).tls).to.include({ certFile: "/c.crt", keyFile: "/c.key" });
    expect(natsConnection("nats://a,tls://b", NOTHING).tls).to.have.keys("checkServerIdentity");
  });

  it("believes the certificate of any of the servers that it is told, and no other", () => {
    const { tls } = natsConnection("tls://a.example:4222,tls://b.example", NOTHING);
    expect(tls?.checkServerIdentity("localhost", certificateOf("a.example"))).to.equal(undefined);
    expect(tls?.checkServerIdentity("a.example", certificateOf("b.example"))).to.equal(undefined);
    expect(tls?.checkServerIdentity("localhost", certificateOf("localhost"))?.message).to.include("altnames");
  });

  describe("with an nkey", () => {
    let dir: string;
    let path: string;
    beforeEach(async () => {
      dir = await makeTempDir("nkey");
      path = join(dir, "nkey.seed");
    });
    afterEach(async () => { await removeDir(dir); });

    function write(): string {
      const pair = nkeys.createUser();
      writeFileSync(path, `${Buffer.from(pair.getSeed()).toString()}\n`);
      return pair.getPublicKey();
    }

    it("shows the one that is in the file now; while it is renewed, the one before", () => {
      const first = write();
      const { authenticator } = natsConnection("nats://a", { ...NOTHING, nkey: path });
      expect(authenticator?.("nonce")).to.include({ nkey: first });
      const second = write();
      expect(authenticator?.("nonce")).to.include({ nkey: second });
      writeFileSync(path, "SU");
      expect(authenticator?.("nonce")).to.include({ nkey: second });
      rmSync(path);
      expect(authenticator?.("nonce")).to.include({ nkey: second });
    });

    it("is not made with what is none, and says so without showing it", () => {
      writeFileSync(path, "SUNOTASEED");
      expect(() => natsConnection("nats://a", { ...NOTHING, nkey: path })).to.throw(`LECTERN_NATS_NKEY: ${path} does not hold the seed of an nkey.`);
    });
  });
});
