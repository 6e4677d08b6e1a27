/** Reads a policy file's text. Every fault is named, with where it is, so that one look mends them all. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { parseDocument } from "yaml";
import { DIRECT } from "./access-policy.ts";
import { POLICY_SCHEMA, type PolicyFile } from "./policy-schema.ts";
import { parseQuietHours } from "./quiet-hours.ts";

export class PolicyError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("; "));
    this.name = "PolicyError";
    this.faults = faults;
  }
}

const PROXY_SCHEMES = new Set(["http:", "https:", "socks5:"]);
/** Ours to send, or nobody's: a source is never fetched with somebody's log-in. */
const RESERVED_HEADERS = new Set([
  "host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "expect", "keep-alive",
  "range", "if-range", "if-none-match", "if-modified-since", "accept-encoding", "cookie", "authorization", "proxy-authorization",
]);
const MAX_FAULTS = 20;

let validate: ReturnType<typeof compile> | undefined;

/** @param text YAML, of which JSON is a part; empty: nothing but defaults @throws PolicyError */
export function parsePolicy(text: string): PolicyFile {
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0) throw new PolicyError(document.errors.map(({ message }) => message));
  const content: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  validate ??= compile();
  if (!validate(content)) {
    throw new PolicyError((validate.errors ?? []).slice(0, MAX_FAULTS).map(({ instancePath, message = "is wrong", params }) => {
      const what = "additionalProperty" in params ? ` ("${String(params["additionalProperty"])}")` : "allowedValues" in params ? ` (${String(params["allowedValues"])})` : "";
      return `${instancePath === "" ? "the policy" : instancePath} ${message}${what}`;
    }));
  }
  const faults = [...identityFaults(content), ...profileFaults(content), ...hostFaults(content)];
  if (faults.length > 0) throw new PolicyError(faults.slice(0, MAX_FAULTS));
  return content;
}

/** Costs a node that has no policy an eighth of its start, were it done there. */
function compile() {
  return new Ajv2020({ allErrors: true, strict: true, strictTuples: false }).compile<PolicyFile>(POLICY_SCHEMA);
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
