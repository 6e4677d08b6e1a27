/**
 * Tokens of a school's own log-in (OpenID Connect): JWTs that its issuer signed for us. What is believed of them is pinned
 * (RFC 8725): the issuer, the audience, the kind of signature, and that they are young.
 */
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from "jose";
import { ROLES, type Caller, type Role } from "../../config/access/permissions.ts";
import { fail } from "../../config/errors.ts";

export interface LoginSettings {
  /** As tokens name it, and where its discovery document is. */
  issuer: string;
  audience: string;
}

export interface SchoolLogin {
  /** null: not a good token. @throws not_ready when the issuer does not say which keys it has */
  whose(token: string): Promise<Caller | null>;
}

const ALGORITHMS = ["EdDSA", "ES256"];
/** Whoever leaves a school keeps a token for so long. */
const MAX_AGE = "15m";
const CLOCKS_DIFFER = "30s";
const ASK_MS = 5_000;
const ROLES_CLAIM = "lectern_roles";
const TENANT_CLAIM = "lectern_tenant";
/** What their log-in does not say, a token does not give. */
const TENANT = /^[a-z0-9][a-z0-9-]{0,62}$/;

export function schoolLogin({ issuer, audience }: LoginSettings): SchoolLogin {
  let keys: Promise<JWTVerifyGetKey> | undefined;

  /** Asked for once; keys that are new to us are looked for again, at most every half minute. */
  async function discover(): Promise<JWTVerifyGetKey> {
    const answer = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(ASK_MS), redirect: "error" });
    const { issuer: named, jwks_uri: address } = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (named !== issuer || typeof address !== "string") throw new Error("the discovery document is another issuer's");
    return createRemoteJWKSet(new URL(address), { timeoutDuration: ASK_MS });
  }

  async function verify(token: string): Promise<JWTPayload> {
    keys ??= discover();
    const known = await keys.catch((error: unknown) => {
      keys = undefined; // the next one asks again
      throw error;
    });
    return (await jwtVerify(token, known, { issuer, audience, algorithms: ALGORITHMS, maxTokenAge: MAX_AGE, clockTolerance: CLOCKS_DIFFER, requiredClaims: ["exp", "sub"] })).payload;
  }

  return {
    async whose(token) {
      try {
        return holderOf(await verify(token));
      } catch (error) {
        if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) return null;
        throw fail("not_ready", "The school's log-in does not answer, so nobody can say whose this token is.");
      }
    },
  };
}

function holderOf({ sub = "", [ROLES_CLAIM]: roles, [TENANT_CLAIM]: tenant }: JWTPayload): Caller | null {
  if (tenant !== undefined && !(typeof tenant === "string" && TENANT.test(tenant))) return null;
  const named: unknown[] = Array.isArray(roles) ? roles : [];
  return { subject: `login:${sub}`, roles: ROLES.filter((role: Role) => named.includes(role)), ...(tenant === undefined ? {} : { tenant }) };
}
