/** Tokens of a school's own log-in, whose issuer is a real HTTP server. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { base64url, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from "jose";
import { findErrorCode } from "../../config/errors.ts";
import { openPseudonyms } from "../../config/pseudonym.ts";
import type { AuthenticateResult } from "../../services/access/access.contract.ts";
import { accessService } from "../../services/access/access.service.ts";
import { schoolLogin, type SchoolLogin } from "../../services/access/school-login.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { sharedRedis } from "../support/servers.ts";

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

describe("a school's log-in", () => {
  let server: Server;
  let issuer: string;
  let login: SchoolLogin;
  let keys: Map<string, Pair>;
  let asked: string[];
  let discovery: object | undefined;

  beforeEach(async () => {
    keys = new Map([["ed", await generateKeyPair("EdDSA")], ["es", await generateKeyPair("ES256")], ["rs", await generateKeyPair("RS256")]]);
    [asked, discovery] = [[], undefined];
    server = createServer((req, res) => {
      asked.push(req.url ?? "");
      const answer = async (): Promise<object> => (req.url === "/.well-known/openid-configuration" ? discovery ?? { issuer, jwks_uri: `${issuer}/keys` } : { keys: await Promise.all([...keys].map(async ([kid, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid }))) });
      void answer().then((body) => res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body)));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    login = schoolLogin({ issuer, audience: "lectern" });
  });
  afterEach(() => { server.close(); });

  const now = (): number => Math.floor(Date.now() / 1000);
  const good = (): JWTPayload => ({ sub: "anna", iss: issuer, aud: "lectern", iat: now(), exp: now() + 600, lectern_roles: ["submitter"], lectern_tenant: "physics" });
  const sign = (claims: JWTPayload, alg = "EdDSA", kid = "ed", key = keys.get(kid)?.privateKey): Promise<string> => new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(key ?? new Uint8Array());

  it("says whose a token is, with the roles and the tenant in it", async () => {
    const anna = { subject: "login:anna", roles: ["submitter"], tenant: "physics" };
    expect(await login.whose(await sign(good()))).to.deep.equal(anna);
    expect(await login.whose(await sign(good(), "ES256", "es"))).to.deep.equal(anna);
    const { lectern_roles: _roles, lectern_tenant: _tenant, ...bare } = good();
    expect(await login.whose(await sign(bare))).to.deep.equal({ subject: "login:anna", roles: [] });
    expect(await login.whose(await sign({ ...good(), lectern_roles: ["root", "viewer", 1] }))).to.deep.include({ roles: ["viewer"] });
    expect(asked).to.deep.equal(["/.well-known/openid-configuration", "/keys"]);
  });

  it("names nobody beyond the service that reads tokens: from there on a person is a pseudonym, the same on all nodes", async () => {
    const subjects: (string | undefined)[] = [];
    for (const pseudonymKey of ["p".repeat(32), "p".repeat(32), "q".repeat(32)]) {
      const broker = quietBroker();
      broker.createService({ name: "storage" });
      broker.createService(accessService({ redisUrl: (await sharedRedis()).url, namespace: "persons", adminKeyHash: undefined, login: { issuer, audience: "lectern" }, pseudonymKey }));
      await broker.start();
      const { caller } = await broker.call<AuthenticateResult, object>("access.authenticate", { credential: await sign(good()) });
      expect(caller).to.deep.include({ roles: ["submitter"], tenant: "physics" });
      expect(JSON.stringify(caller)).to.not.include("anna");
      subjects.push(caller?.subject);
      await broker.stop();
    }
    expect(subjects[0]).to.match(/^p:[0-9a-f]{32}$/).and.equal(subjects[1]).and.not.equal(subjects[2]);
    expect(openPseudonyms("p".repeat(32), "persons").ofSubject("login:anna"), "found again by who knows the name").to.equal(subjects[0]);
  });

  it("believes no other: of another issuer, for others, expired, old, to come, of nobody, for no tenant", async () => {
    const bad: JWTPayload[] = [
      { ...good(), iss: "https://evil.example" }, { ...good(), aud: "others" }, { ...good(), exp: now() - 60 }, { ...good(), iat: now() - 3_600, exp: now() + 3_600 },
      { ...good(), nbf: now() + 600 }, { ...good(), lectern_tenant: "../x" }, { ...good(), lectern_tenant: ["physics"] },
    ];
    for (const claim of ["sub", "exp", "iat", "aud", "iss"]) bad.push(Object.fromEntries(Object.entries(good()).filter(([name]) => name !== claim)));
    for (const claims of bad) expect(await login.whose(await sign(claims)), JSON.stringify(claims)).to.equal(null);
  });

  it("believes no other signature: none, a public key as a secret, RSA, a stranger's, another token's", async () => {
    const token = await sign(good());
    const secret = new TextEncoder().encode(JSON.stringify(await exportJWK((keys.get("ed") as Pair).publicKey)));
    const stranger = await generateKeyPair("EdDSA");
    const [head = "", , mark = ""] = token.split(".");
    for (const forged of [
      new UnsecuredJWT(good()).encode(), await new SignJWT(good()).setProtectedHeader({ alg: "HS256", kid: "ed" }).sign(secret), await sign(good(), "RS256", "rs"),
      await sign(good(), "EdDSA", "ed", stranger.privateKey), await sign(good(), "EdDSA", "unknown", stranger.privateKey),
      `${head}.${base64url.encode(JSON.stringify({ ...good(), lectern_roles: ["admin"] }))}.${mark}`, "a.b.c",
    ]) expect(await login.whose(forged), forged.slice(0, 60)).to.equal(null);
  });

  it("says that it cannot say, while the issuer is away or is another", async () => {
    const token = await sign(good());
    discovery = { issuer: "https://evil.example", jwks_uri: `${issuer}/keys` };
    expect(findErrorCode(await rejection(login.whose(token), "another issuer"))).to.equal("not_ready");
    discovery = undefined;
    expect(await login.whose(token), "asked again").to.include({ subject: "login:anna" });
  });
});
