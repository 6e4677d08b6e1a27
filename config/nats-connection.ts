/** How this node connects to NATS: over TLS where it is told whom to believe, by its nkey where it has one. */
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { nkeyAuthenticator, nkeys, type Authenticator } from "nats";
import type { Config } from "./config.ts";
import { liveFile } from "./readable-file.ts";

/** Files are read at each connection, so that renewed ones are taken up when the line is dialled anew. */
interface Tls { caFile?: string; certFile?: string; keyFile?: string; checkServerIdentity(name: string, cert: PeerCertificate): Error | undefined }

export interface NatsConnection {
  url: string;
  reconnectTimeWait: number;
  maxReconnectAttempts: number;
  /** Credentials are renewed while nodes run: whoever is refused asks again. */
  ignoreAuthErrorAbort: boolean;
  tls?: Tls;
  authenticator?: Authenticator;
}

/** As Moleculer's transporter takes it. @throws Error naming a seed that is none */
export function natsConnection(url: string, { ca, pair, nkey }: Config["nats"]): NatsConnection {
  const needsTls = ca !== undefined || pair !== undefined || url.split(",").some((one) => one.startsWith("tls:"));
  return {
    url, reconnectTimeWait: 200, maxReconnectAttempts: -1, ignoreAuthErrorAbort: true,
    ...(needsTls ? { tls: { ...(ca === undefined ? {} : { caFile: ca }), ...(pair === undefined ? {} : { certFile: pair.cert, keyFile: pair.key }), checkServerIdentity: checkNames(url) } } : {}),
    ...(nkey === undefined ? {} : { authenticator: seedAuthenticator(nkey) }),
  };
}

/** The client does not say which server it dialled when that is an address: the certificate has to be one of theirs. */
function checkNames(url: string): Tls["checkServerIdentity"] {
  const names = url.split(",").map((one) => new URL(one).hostname.replace(/^\[|\]$/g, ""));
  return (name, cert) => {
    const faults = names.map((one) => checkServerIdentity(one, cert));
    return faults.includes(undefined) ? undefined : faults[names.indexOf(name)] ?? faults[0];
  };
}

/** A seed that is none, while it is renewed, leaves the one that was there. */
function seedAuthenticator(path: string): Authenticator {
  const read = liveFile(path);
  const first = parseSeed(read());
  if (first === undefined) throw new Error(`LECTERN_NATS_NKEY: ${path} does not hold the seed of an nkey.`);
  let seed = first;
  return nkeyAuthenticator(() => {
    seed = parseSeed(read()) ?? seed;
    return seed;
  });
}

function parseSeed(text: Buffer): Uint8Array | undefined {
  const seed = Buffer.from(text.toString("utf8").trim());
  try {
    nkeys.fromSeed(Uint8Array.from(seed)).clear(); // which wipes what it was given
    return seed;
  } catch {
    return undefined;
  }
}
