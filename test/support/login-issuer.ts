/** A school's log-in: an issuer on a server of its own, and tokens that it signs. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

export interface LoginIssuer {
  url: string;
  /** For ten minutes. */
  token(subject: string, roles: readonly string[], tenant?: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startLoginIssuer(): Promise<LoginIssuer> {
  const { publicKey, privateKey } = await generateKeyPair("EdDSA");
  const jwk = { ...(await exportJWK(publicKey)), kid: "one" };
  const server = createServer((req, res) => {
    res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(req.url === "/keys" ? { keys: [jwk] } : { issuer: url, jwks_uri: `${url}/keys` }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token: (subject, roles, tenant) => new SignJWT({ lectern_roles: roles, ...(tenant === undefined ? {} : { lectern_tenant: tenant }) })
      .setProtectedHeader({ alg: "EdDSA", kid: "one" }).setSubject(subject).setIssuer(url).setAudience("lectern").setIssuedAt().setExpirationTime("10m").sign(privateKey),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
