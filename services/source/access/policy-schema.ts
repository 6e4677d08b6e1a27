/**
 * The operator's policy file: which sites may be fetched from, through which ways out, and how gently. YAML or JSON; its
 * form is this schema (JSON Schema 2020-12), what no schema can say is in `parse-policy.ts`.
 */

/** Whether a way out, and where from. `proxy` absent: straight from the node. */
export interface IdentityEntry {
  name: string;
  /** `http:`, `https:` or `socks5:`, with user and password if it wants them. */
  proxy?: string;
  /** Where its address is, as LECTERN_REGION has it: for `nearest`. */
  region?: string;
}

export const ROTATIONS = ["round-robin", "least-used", "nearest"] as const;
export type Rotation = (typeof ROTATIONS)[number];

/** What may be said of hosts; what is left out is as by default. */
export interface HostEntry {
  /** A name stands for itself and all below it; `*` for every host. */
  match: string[];
  /** Ways out, by name; a source keeps the one it began with as long as that works. */
  identities?: string[];
  rotation?: Rotation;
  /** Of `profiles`; absent: our own name and contact. */
  profile?: string;
  /** Requests at the same time, of the whole region. */
  concurrency?: number;
  /** Of the whole region; a second's worth may come at once. */
  requestsPerSec?: number;
  bytesPerSec?: number;
  /** Pause between two requests for the same source, from shortest to longest, in ms. */
  thinkMs?: [number, number];
  robots?: "obey" | "ignore";
  /** `22:00-06:00 Europe/Berlin`: nothing is asked for then. */
  quietHours?: string[];
  /** False: nothing is fetched before somebody wants it. */
  readAhead?: boolean;
}

/** `allow` absent: all that `deny` does not name. */
export interface Domains { allow?: string[]; deny?: string[] }

export interface PolicyFile {
  /** URL or mail address in our User-Agent, for whoever runs an origin. */
  contact?: string;
  domains?: Domains;
  /** What is fetched for the tenants of these names, at every redirect, within `domains`. */
  tenants?: Record<string, { domains: Domains }>;
  identities?: IdentityEntry[];
  /** Sets of request headers in the order they are sent; a source gets one of them, and keeps it. */
  profiles?: Record<string, Record<string, string>[]>;
  /** The first that matches counts. */
  hosts?: HostEntry[];
}

const name = { type: "string", pattern: "^[a-z0-9][a-z0-9-]{0,31}$" };
const hostPattern = { type: "string", pattern: "^(\\*|\\[[0-9a-f:.]+\\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)$" };
const hosts = { type: "array", items: hostPattern, maxItems: 10_000 };

const domains = { type: "object", additionalProperties: false, properties: { allow: hosts, deny: hosts } } as const;

export const POLICY_SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    contact: { type: "string", minLength: 3, maxLength: 200, pattern: "^[\\x21-\\x7e]+$" },
    domains,
    tenants: {
      type: "object",
      propertyNames: { type: "string", pattern: "^[a-z0-9][a-z0-9-]{0,62}$" },
      additionalProperties: { type: "object", additionalProperties: false, required: ["domains"], properties: { domains } },
    },
    identities: {
      type: "array", minItems: 1, maxItems: 1_000,
      items: { type: "object", additionalProperties: false, required: ["name"], properties: { name, proxy: { type: "string", maxLength: 500 }, region: { type: "string", minLength: 1, maxLength: 64 } } },
    },
    profiles: {
      type: "object",
      propertyNames: name,
      additionalProperties: {
        type: "array", minItems: 1, maxItems: 100,
        items: { type: "object", minProperties: 1, maxProperties: 30, propertyNames: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9-]*$" }, additionalProperties: { type: "string", maxLength: 500, pattern: "^[\\x20-\\x7e]*$" } },
      },
    },
    hosts: {
      type: "array", maxItems: 10_000,
      items: {
        type: "object", additionalProperties: false, required: ["match"],
        properties: {
          match: { ...hosts, minItems: 1 },
          identities: { type: "array", items: name, minItems: 1 },
          rotation: { type: "string", enum: ROTATIONS },
          profile: name,
          concurrency: { type: "integer", minimum: 1, maximum: 10_000 },
          requestsPerSec: { type: "number", exclusiveMinimum: 0, maximum: 100_000 },
          bytesPerSec: { type: "number", minimum: 1_024 },
          thinkMs: { type: "array", items: { type: "integer", minimum: 0, maximum: 60_000 }, minItems: 2, maxItems: 2 },
          robots: { type: "string", enum: ["obey", "ignore"] },
          quietHours: { type: "array", items: { type: "string" }, maxItems: 24 },
          readAhead: { type: "boolean" },
        },
      },
    },
  },
} as const;
