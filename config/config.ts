/**
 * Reads the settings table from an environment into one typed object, or fails with every fault at once.
 */
import { resolve } from "node:path";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { errorMessage } from "./error-message.ts";
import { parseRates, RATES, type Rates } from "./rates.ts";
import { findUnreadable } from "./readable-file.ts";
import { readRegions } from "./regions-file.ts";
import type { Regions } from "./regions.ts";
import { SETTINGS, type Setting, type SettingName } from "./settings.ts";
import { resolveServices, type ServiceName } from "./services.ts";
import { isStoreKeysText, parseStoreKeys, type StoreKeySource } from "./store-keys.ts";
import { isStoreText, parseStore, type StoreLocation } from "./store-location.ts";

export type { StoreLocation };

type VideoCodec = "h264" | "hevc" | "av1";
type Protection = "none" | "aes-128" | "cbcs";
type EncoderKind = "software" | "nvenc" | "qsv" | "vaapi";

/** Files by which a server and this node know each other. */
export interface Identity {
  readonly ca: string | undefined;
  readonly pair: { readonly cert: string; readonly key: string } | undefined;
}

export interface Config {
  readonly httpHost: string;
  readonly httpPort: number;
  readonly publicUrl: string | undefined;
  /** Absolute, as all files below. Undefined: the gateway speaks HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly tlsCa: string | undefined;
  readonly metricsHost: string;
  readonly metricsPort: number;
  readonly natsUrl: string | undefined;
  readonly nats: Identity & { readonly nkey: string | undefined };
  /** Undefined: what comes over NATS is believed. */
  readonly meshSecret: string | undefined;
  readonly access: "keys" | "open";
  readonly adminKeyHash: string | undefined;
  readonly login: { readonly issuer: string; readonly audience: string } | undefined;
  /** Absolute. */
  readonly auditKey: string;
  readonly auditDays: number;
  readonly pseudonymKey: string | undefined;
  readonly key: string | undefined;
  /** Days by tenant; `*`: all others. */
  readonly retention: Readonly<Record<string, number>>;
  readonly trustedProxies: readonly string[];
  readonly rates: Rates;
  /** In lower case. */
  readonly corsOrigins: readonly string[];
  readonly visibility: "public" | "private";
  /** Undefined: made of the mesh's secret. */
  readonly linkKeys: readonly string[] | undefined;
  readonly linkMaxSec: number;
  readonly redisUrl: string | undefined;
  readonly redis: Identity & { readonly passwordFile: string | undefined };
  readonly store: StoreLocation;
  /** The first wraps, all unwrap. Empty: nothing is encrypted. */
  readonly storeKeys: readonly StoreKeySource[];
  readonly region: string;
  /** Undefined: there is one region. */
  readonly regions: Regions | undefined;
  readonly services: readonly ServiceName[];
  readonly nodeId: string;
  readonly namespace: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly slots: number;
  readonly tenantQueue: number;
  readonly tenantSlots: number;
  readonly tenantWeights: Readonly<Record<string, number>>;
  readonly startWaitMs: number;
  readonly stopGraceMs: number;
  readonly sourceAllow: readonly string[];
  /** Absolute. */
  readonly sourcePolicy: string | undefined;
  /** Absolute. */
  readonly screeningPolicy: string | undefined;
  readonly sourceMaxBytes: number;
  readonly durationMaxSec: number;
  readonly maxPixels: number;
  readonly maxStreams: number;
  readonly cacheMemoryBytes: number;
  readonly sourceCacheBytes: number;
  readonly remuxMaxBytes: number;
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  readonly sandbox: "auto" | "bwrap" | "limits";
  readonly encoder: EncoderKind;
  readonly videoCodecs: readonly VideoCodec[];
  readonly protection: Protection;
  readonly logLevel: string;
  readonly logFormat: "text" | "json";
}

/** Every fault of an environment, one sentence each. */
export class ConfigError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.name = "ConfigError";
    this.faults = faults;
  }
}

const MiB = 1024 * 1024;
const PREFIX = "LECTERN_";

/** @throws ConfigError naming every unknown name and bad value of the environment. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const known = new Map<string, Setting>(Object.values(SETTINGS).map((s) => [s.env, s]));
  for (const name of Object.keys(env)) {
    if (name.startsWith(PREFIX) && !known.has(name)) faults.push(`${name} is not a setting${suggest(name, [...known.keys()])}.`);
  }
  const text = (name: SettingName): string | undefined => {
    const setting: Setting = SETTINGS[name];
    const given = env[setting.env];
    return given === undefined || given === "" ? setting.fallback : given;
  };
  for (const name of Object.keys(SETTINGS)) {
    const setting: Setting = SETTINGS[name as SettingName];
    const value = text(name as SettingName);
    const fault = value === undefined ? undefined : findFault(setting, value);
    if (fault !== undefined) faults.push(`${setting.env} ${fault}.`);
  }
  const integer = (name: SettingName): number => Number(text(name));
  const required = (name: SettingName): string => text(name) ?? "";
  let services: readonly ServiceName[] = [];
  try {
    services = resolveServices(splitList(text("services")));
  } catch (error) {
    faults.push(`LECTERN_SERVICES ${error instanceof Error ? error.message : String(error)}.`);
  }
  const path = (name: SettingName): string | undefined => (text(name) === undefined ? undefined : resolve(required(name)));
  const pair = (cert: SettingName, key: SettingName): Identity["pair"] => {
    const files = { cert: path(cert), key: path(key) };
    if ((files.cert === undefined) !== (files.key === undefined)) faults.push(`${SETTINGS[cert].env} and ${SETTINGS[key].env} are one pair: set both or none.`);
    return files.cert === undefined || files.key === undefined ? undefined : { cert: files.cert, key: files.key };
  };
  const [tls, natsPair, redisPair] = [pair("tlsCert", "tlsKey"), pair("natsCert", "natsKey"), pair("redisCert", "redisKey")];
  if ((text("redisCa") ?? text("redisCert")) !== undefined && text("redisUrl")?.startsWith("redis:") === true) faults.push("LECTERN_REDIS_URL must begin with rediss:// where LECTERN_REDIS_CA or LECTERN_REDIS_CERT is set.");
  const regions = findRegions(text("regions"), required("region"), env, faults);
  if (faults.length > 0) throw new ConfigError(faults);

  const dataDir = resolve(required("data"));
  return {
    httpHost: required("httpHost"),
    httpPort: integer("httpPort"),
    publicUrl: text("publicUrl")?.replace(/\/+$/, ""),
    tls,
    tlsCa: path("tlsCa"),
    metricsHost: required("metricsHost"),
    metricsPort: integer("metricsPort"),
    natsUrl: text("natsUrl"),
    nats: { ca: path("natsCa"), pair: natsPair, nkey: path("natsNkey") },
    meshSecret: text("meshSecret"),
    access: text("access") === "open" ? "open" : "keys",
    adminKeyHash: text("adminKeyHash"),
    login: text("loginIssuer") === undefined ? undefined : { issuer: required("loginIssuer"), audience: required("loginAudience") },
    auditKey: resolve(text("auditKey") ?? `${dataDir}/audit.key`),
    auditDays: integer("auditDays"),
    pseudonymKey: text("pseudonymKey"),
    key: text("key"),
    retention: numbersOf(text("retention")),
    trustedProxies: splitList(text("trustedProxies")),
    rates: parseRates(splitList(text("rates"))) ?? RATES,
    corsOrigins: splitList(text("corsOrigins")).map((origin) => origin.toLowerCase()),
    visibility: text("visibility") === "private" ? "private" : "public",
    linkKeys: text("linkKeys") === undefined ? undefined : splitList(text("linkKeys")),
    linkMaxSec: integer("linkMaxHours") * 3600,
    redisUrl: text("redisUrl"),
    redis: { ca: path("redisCa"), pair: redisPair, passwordFile: path("redisPasswordFile") },
    store: regions?.own.store ?? parseStore(text("store") ?? `file:${dataDir}/store`, text("s3Endpoint")),
    storeKeys: parseStoreKeys(text("storeKeys")),
    region: required("region"),
    regions,
    services,
    nodeId: text("nodeId") ?? `${hostname()}-${process.pid}`,
    namespace: required("namespace"),
    dataDir,
    slots: integer("slots"),
    tenantQueue: integer("tenantQueue"),
    tenantSlots: integer("tenantSlots"),
    tenantWeights: numbersOf(text("tenantWeights")),
    startWaitMs: integer("startWaitSec") * 1_000,
    stopGraceMs: integer("stopGraceSec") * 1_000,
    sourceAllow: splitList(text("sourceAllow")).map((hostPort) => hostPort.toLowerCase()),
    sourcePolicy: path("sourcePolicy"),
    screeningPolicy: path("screeningPolicy"),
    sourceMaxBytes: integer("sourceMaxMb") * MiB,
    durationMaxSec: integer("durationMaxHours") * 3600,
    maxPixels: integer("pixelsMax"),
    maxStreams: integer("streamsMax"),
    cacheMemoryBytes: integer("cacheMemoryMb") * MiB,
    sourceCacheBytes: integer("sourceCacheMb") * MiB,
    remuxMaxBytes: integer("remuxMaxMb") * MiB,
    ffmpegPath: required("ffmpeg"),
    ffprobePath: required("ffprobe"),
    sandbox: parseSandbox(text("sandbox")),
    encoder: parseEncoder(text("encoder")),
    videoCodecs: parseCodecs(text("videoCodecs")),
    protection: parseProtection(text("protection")),
    logLevel: required("logLevel"),
    logFormat: text("logFormat") === "json" ? "json" : "text",
  };
}

/** @param text `name=number`, comma-separated */
function numbersOf(text: string | undefined): Record<string, number> {
  return Object.fromEntries(splitList(text).map((pair) => [pair.split("=")[0] ?? "", Number(pair.split("=")[1])]));
}

function splitList(value: string | undefined): string[] {
  return (value ?? "").split(",").map((part) => part.trim()).filter((part) => part !== "");
}

function findRegions(path: string | undefined, own: string, env: Readonly<Record<string, string | undefined>>, faults: string[]): Regions | undefined {
  if (path === undefined) return undefined;
  try {
    return readRegions(path, own, env);
  } catch (error) {
    faults.push(`LECTERN_REGIONS: ${path}: ${errorMessage(error)}.`);
    return undefined;
  }
}

function parseSandbox(value: string | undefined): Config["sandbox"] {
  return value === "bwrap" || value === "limits" ? value : "auto";
}

function parseEncoder(value: string | undefined): EncoderKind {
  return value === "nvenc" || value === "qsv" || value === "vaapi" ? value : "software";
}

function parseProtection(value: string | undefined): Protection {
  return value === "aes-128" || value === "cbcs" ? value : "none";
}

function parseCodecs(value: string | undefined): readonly VideoCodec[] {
  const codecs = splitList(value);
  return (["h264", "hevc", "av1"] as const).filter((codec) => codecs.includes(codec));
}

function findFault(setting: Setting, value: string): string | undefined {
  const type = setting.type;
  const shown = setting.secret ? "" : ` "${value}"`;
  switch (type.kind) {
    case "string":
    case "list":
      return undefined;
    case "integer": {
      const n = Number(value);
      const good = /^\d+$/.test(value) && n >= type.min && n <= type.max;
      return good ? undefined : `must be a whole number from ${type.min} to ${type.max}, not${shown}`;
    }
    case "choice":
      return type.of.includes(value) ? undefined : `must be one of ${type.of.join(", ")}, not${shown}`;
    case "choices": {
      const given = splitList(value);
      return given.length > 0 && given.every((one) => type.of.includes(one)) ? undefined : `must list one or more of ${type.of.join(", ")}, not${shown}`;
    }
    case "url": {
      const good = (type.list === true ? value.split(",") : [value]).every((part) => !part.includes(",") && URL.canParse(part) && type.schemes.includes(new URL(part).protocol));
      return good ? undefined : `must be a URL with ${type.schemes.map((s) => `${s}//`).join(" or ")}`;
    }
    case "hostPorts": {
      const bad = splitList(value).filter((part) => !/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):\d{1,5}$/i.test(part) || !URL.canParse(`http://${part}`));
      return bad.length === 0 ? undefined : `must list exact host:port pairs, not "${bad.join(", ")}"`;
    }
    case "weights": {
      const bad = splitList(value).filter((pair) => !/^[a-z0-9][a-z0-9-]{0,62}=\d{1,6}(\.\d{1,3})?$/.test(pair) || Number(pair.split("=")[1]) <= 0);
      return bad.length === 0 ? undefined : `must list tenant=weight pairs with weights above 0, not "${bad.join(", ")}"`;
    }
    case "retention": {
      const bad = splitList(value).filter((pair) => !/^(\*|[a-z0-9][a-z0-9-]{0,62})=[1-9]\d{0,4}$/.test(pair));
      return bad.length === 0 ? undefined : `must list tenant=days pairs with days above 0, not "${bad.join(", ")}"`;
    }
    case "secret":
      return value.length >= type.minLength ? undefined : `must be at least ${type.minLength} characters long`;
    case "secrets": {
      const given = splitList(value);
      const good = given.length > 0 && given.length <= type.max && given.every((one) => one.length >= type.minLength);
      return good ? undefined : `must list one to ${type.max} secrets of at least ${type.minLength} characters`;
    }
    case "networks": {
      const bad = splitList(value).filter((one) => !isNetwork(one));
      return bad.length === 0 ? undefined : `must list addresses or CIDR blocks, not "${bad.join(", ")}"`;
    }
    case "origins": {
      const bad = splitList(value).filter((one) => !/^https?:\/\//i.test(one) || !URL.canParse(one) || new URL(one).origin !== one.toLowerCase());
      return bad.length === 0 ? undefined : `must list origins as in https://campus.example, not "${bad.join(", ")}"`;
    }
    case "rates":
      return parseRates(splitList(value)) === undefined ? `must list name=number pairs; the names are ${Object.keys(RATES).join(", ")}` : undefined;
    case "sha256":
      return /^[0-9a-f]{64}$/.test(value) ? undefined : "must be 64 hexadecimal digits";
    case "storeKeys":
      return isStoreKeysText(value) ? undefined : `must be file:<path>, env:<NAME> or kms:<key id>, or several, comma-separated, not${shown}`;
    case "file":
      return findUnreadable(value);
    case "store":
      return isStoreText(value) ? undefined : `must be file:<dir> or s3://<bucket>, not${shown}`;
    default:
      return type satisfies never;
  }
}

function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const family = isIP(address);
  return family !== 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)));
}

/** ` (did you mean X?)` for a name one or two letters off. */
function suggest(name: string, names: readonly string[]): string {
  const near = names.find((candidate) => editDistance(name, candidate) <= 2);
  return near === undefined ? "" : ` (did you mean ${near}?)`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
