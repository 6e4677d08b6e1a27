/** Reads a policy file's text. */
import { fileReader } from "../../../config/checked-file.ts";
import { DIRECT } from "./access-policy.ts";
import { POLICY_SCHEMA, type PolicyFile } from "./policy-schema.ts";
import { parseQuietHours } from "./quiet-hours.ts";

const PROXY_SCHEMES = new Set(["http:", "https:", "socks5:"]);
/** Ours to send, or nobody's: a source is never fetched with somebody's log-in. */
const RESERVED_HEADERS = new Set([
  "host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "expect", "keep-alive",
  "range", "if-range", "if-none-match", "if-modified-since", "accept-encoding", "cookie", "authorization", "proxy-authorization",
]);

const read = fileReader<PolicyFile>({ schema: POLICY_SCHEMA, options: { strictTuples: false }, called: "the policy" });

/** @param text YAML, of which JSON is a part; empty: nothing but defaults @throws FileFaults */
export function parsePolicy(text: string): PolicyFile {
  return read(text, (policy) => [...identityFaults(policy), ...profileFaults(policy), ...hostFaults(policy)]);
}

function identityFaults({ identities = [] }: PolicyFile): string[] {
  const names = identities.map(({ name }) => name);
  return [
    ...names.filter((name, at) => names.indexOf(name) !== at).map((name) => `identities: "${name}" is there twice`),
    ...identities.flatMap(({ name, proxy }) => (proxy === undefined || isProxy(proxy) ? [] : [`identities: the proxy of "${name}" must be a URL with http:, https: or socks5:, a host and a port`])),
  ];
}

function isProxy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname } = new URL(text);
  return PROXY_SCHEMES.has(protocol) && hostname !== "" && (pathname === "" || pathname === "/");
}

function profileFaults({ profiles = {} }: PolicyFile): string[] {
  return Object.entries(profiles).flatMap(([name, sets]) => sets.flatMap((headers) =>
    Object.keys(headers).filter((header) => RESERVED_HEADERS.has(header.toLowerCase())).map((header) => `profiles: "${name}" must not set ${header}`)));
}

function hostFaults({ hosts = [], identities = [DIRECT], profiles = {} }: PolicyFile): string[] {
  return hosts.flatMap(({ match, identities: used = [], profile, quietHours = [], thinkMs: [least, most] = [0, 0] }) => [
    ...used.filter((name) => !identities.some((identity) => identity.name === name)).map((name) => `there is no identity "${name}"`),
    ...(profile !== undefined && !Object.hasOwn(profiles, profile) ? [`there is no profile "${profile}"`] : []),
    ...quietHours.filter((text) => parseQuietHours(text) === undefined).map((text) => `quietHours must be like "22:00-06:00 Europe/Berlin", not "${text}"`),
    ...(least > most ? ["thinkMs must go from the shortest to the longest"] : []),
  ].map((fault) => `hosts: ${match.join(", ")}: ${fault}`));
}
