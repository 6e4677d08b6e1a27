/** A NATS as `npm run keys` configures it, and who tries to get in, or to hear and say more than is theirs. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { connect, nkeyAuthenticator, nkeys, type ConnectionOptions, type NatsConnection, type Subscription } from "nats";
import { issueCertificate, makeAuthority, type Issued } from "../../bin/keys/authority.ts";
import { keepAuthority } from "../../bin/keys/kept-authority.ts";
import { natsConnection } from "../../config/nats-connection.ts";
import { natsOptions, startKeyedServers, type KeyedOptions, type KeyedServers } from "../support/keyed-servers.ts";

const CLIENT = { name: "somebody", usages: ["client"], hosts: [] } as const;

describe("a NATS with keys", function () {
  this.timeout(30_000);
  let servers: KeyedServers;
  let open: NatsConnection[];
  before(async () => { servers = await startKeyedServers(); });
  after(async () => { await servers.stop(); });
  beforeEach(() => { open = []; });
  afterEach(async () => { await Promise.all(open.map((connection) => connection.close())); });

  async function enter(options: ConnectionOptions): Promise<NatsConnection> {
    const connection = await connect(options);
    open.push(connection);
    return connection;
  }
  /** Why it is not let in; "" when it is. */
  async function refusal(options: ConnectionOptions): Promise<string> {
    try {
      await enter(options);
      return "";
    } catch (error) {
      return error instanceof Error ? `${error.name} ${error.message}` : String(error);
    }
  }
  const edge = (): KeyedOptions => natsOptions(servers, "edge-1");
  const own = async (): Promise<Issued> => (await keepAuthority(servers.dir, "lectern", false)).authority.own;

  it("lets a node in with its certificate and its key", async () => {
    for (const id of ["edge-1", "worker-1", "operator-1"]) expect(await refusal(natsOptions(servers, id)), id).to.equal("");
  });

  const BAD_CERTIFICATE = /alert bad certificate|ECONNRESET/;
  const strangers: Record<string, [RegExp, () => Promise<KeyedOptions | ConnectionOptions>]> = {
    "without a certificate": [BAD_CERTIFICATE, async () => ({ ...edge(), tls: { ca: edge().tls.ca } })],
    "with the certificate of another authority": [BAD_CERTIFICATE, async () => withCertificate(await issueCertificate(await makeAuthority("other", Date.now()), CLIENT, Date.now()))],
    "with a certificate that has expired": [BAD_CERTIFICATE, async () => withCertificate(await issueCertificate(await own(), CLIENT, Date.now(), -1))],
    "with a certificate that is for servers": [BAD_CERTIFICATE, async () => withCertificate(await issueCertificate(await own(), { ...CLIENT, usages: ["server"] }, Date.now()))],
    "with a key that NATS does not know": [/Authorization Violation/, async () => ({ ...edge(), authenticator: nkeyAuthenticator(Buffer.from(nkeys.createUser().getSeed())) })],
    "with no key": [/Authorization Violation/, async () => ({ ...edge(), authenticator: () => undefined })],
    "by TLS 1.1": [/alert protocol version/, async () => ({ ...edge(), tls: { ...edge().tls, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as KeyedOptions["tls"] })],
  };
  const withCertificate = (issued: Issued): KeyedOptions => ({ ...edge(), tls: { ...edge().tls, ...issued } });
  for (const [how, [why, options]] of Object.entries(strangers)) {
    it(`keeps out who comes ${how}`, async () => { expect(await refusal(await options())).to.match(why); });
  }

  it("answers nobody who speaks without TLS", async () => {
    const socket = createConnection(servers.natsPort, "127.0.0.1").setEncoding("utf8");
    let said = "";
    socket.on("data", (text: string) => { if (said === "") socket.write("CONNECT {}\r\nPING\r\n"); said += text; });
    socket.on("error", () => undefined);
    await once(socket, "close");
    expect(said).to.match(/^INFO /).and.not.include("PONG");
  });

  it("is not believed by a node that knows another authority, nor under another name", async () => {
    const { cert } = await makeAuthority("other", Date.now());
    expect(await refusal({ ...edge(), tls: { ...edge().tls, ca: cert } })).to.match(/self-signed certificate|unable to verify/);
    const { tls } = natsConnection("tls://another.example:4222", { ca: undefined, pair: undefined, nkey: undefined });
    expect(await refusal({ ...edge(), tls: { ...edge().tls, ...tls } as KeyedOptions["tls"] })).to.match(/altnames/);
  });

  /** Whether NATS refuses what `act` does: "subscription" or "publish", and of what. */
  async function refused(id: string, act: (connection: NatsConnection) => Subscription | void): Promise<string> {
    const connection = await enter(natsOptions(servers, id));
    const told: string[] = [];
    void (async () => {
      for await (const { permissionContext: context } of connection.status()) if (context !== undefined) told.push(`${context.operation} ${context.subject}`);
    })();
    act(connection);
    await connection.flush();
    await connection.flush(); // its refusal comes before the answer to this
    await new Promise(setImmediate);
    return told.join(", ");
  }

  it("lets a node hear what is for it, and not what is for another, or for all subjects", async () => {
    const hears = (id: string, subject: string): Promise<string> => refused(id, (connection) => connection.subscribe(subject, { callback: () => undefined }));
    expect(await hears("edge-1", "MOL-lectern.REQ.edge-1")).to.equal("");
    for (const subject of ["MOL-lectern.REQ.worker-1", "MOL-lectern.RES.worker-1", "MOL-lectern.EVENT.worker-1", "MOL-lectern.REQ.*", "MOL-lectern.>", "MOL-other.REQ.edge-1", ">", "$SYS.>", "_INBOX.>"]) {
      expect(await hears("edge-1", subject), subject).to.equal(`subscription ${subject}`);
    }
    expect(await hears("worker-1", "MOL-lectern.REQ.edge-1")).to.equal("subscription MOL-lectern.REQ.edge-1");
  });

  it("lets a node say what the mesh says, and nothing else", async () => {
    const says = (id: string, subject: string): Promise<string> => refused(id, (connection) => connection.publish(subject, "x"));
    expect(await says("edge-1", "MOL-lectern.REQ.worker-1")).to.equal("");
    expect(await says("worker-1", "MOL-lectern.RES.edge-1")).to.equal("");
    for (const subject of ["$SYS.REQ.SERVER.PING", "_INBOX.x", "MOL-other.REQ.worker-1", "MOL-lectern.REQB.x", "anything"]) expect(await says("edge-1", subject), subject).to.equal(`publish ${subject}`);
  });

  it("is told of no secret in its files", () => {
    const conf = readFileSync(join(servers.dir, "nats", "clients.conf"), "utf8");
    expect(conf).to.match(/nkey: U[A-Z2-7]{55}/).and.not.match(/S[UAN][A-Z2-7]{56}|password/);
  });
});
