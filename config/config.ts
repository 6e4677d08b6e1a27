/**
 * Reads the settings table from an environment into one typed object, or fails with every fault at once.
 */
import { resolve } from "node:path";
import { hostname } from "node:os";
import { errorMessage } from "./error-message.ts";
import { suggest } from "./near-name.ts";
import { parsePrices, type Prices } from "./prices.ts";
import { parseRates, RATES, type Rates } from "./rates.ts";
import { readRegions } from "./regions-file.ts";
import type { Regions } from "./regions.ts";
import { findFault, parseCodecs, parseEncoder, parseLogLevel, parseNumbers, parseProtection, parseRange, parseSandbox, splitList, type EncoderKind, type LogLevel, type Protection, type Sandbox, type VideoCodec } from "./setting-values.ts";
import { SETTINGS, type Setting, type SettingName } from "./settings.ts";
import { resolveServices, type ServiceName } from "./services.ts";
import { parseStoreKeys, type StoreKeySource } from "./store-keys.ts";
import { parseStore, type StoreLocation } from "./store-location.ts";

export type { StoreLocation };

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
  /** As IANA names it. */
  readonly timeZone: string;
  /** `targetUse` from 0 to 1; `min` and `max` of transcoders. */
  readonly capacity: { readonly targetUse: number; readonly min: number; readonly max: number; readonly leadMs: number; readonly gatewayMbps: number; readonly prices: Prices };
  readonly startWaitMs: number;
  readonly stopGraceMs: number;
  readonly sourceAllow: readonly string[];
  readonly alertmanagerUrls: readonly string[];
  readonly webhookAllow: readonly string[];
  /** Absolute. */
  readonly sourcePolicy: string | undefined;
  /** Absolute. */
  readonly screeningPolicy: string | undefined;
  readonly sourceMaxBytes: number;
  readonly durationMaxSec: number;
  readonly maxPixels: number;
  readonly maxStreams: number;
  readonly cacheMemoryBytes: number;
  /** Of a processor, an hour. */
  readonly forecastCpuSec: number;
  readonly forecastBytes: number;
  readonly sourceCacheBytes: number;
  readonly remuxMaxBytes: number;
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  readonly sandbox: Sandbox;
  readonly encoder: EncoderKind;
  readonly videoCodecs: readonly VideoCodec[];
  readonly protection: Protection;
  readonly usage: "on" | "off";
  readonly usageDays: number;
  readonly usageFloor: number;
  readonly logLevel: LogLevel;
  readonly logFormat: "text" | "json";
  /** Undefined: nothing is traced. */
  readonly tracePercent: number | undefined;
  readonly otlpUrl: string | undefined;
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
    retention: parseNumbers(text("retention")),
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
    tenantWeights: parseNumbers(text("tenantWeights")),
    timeZone: text("timeZone") ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
    capacity: { ...parseRange(required("capacityRange")), targetUse: integer("capacityUse") / 100, leadMs: integer("capacityLeadSec") * 1_000, gatewayMbps: integer("gatewayMbps"), prices: parsePrices(splitList(text("prices"))) ?? { of: {} } },
    startWaitMs: integer("startWaitSec") * 1_000,
    stopGraceMs: integer("stopGraceSec") * 1_000,
    sourceAllow: splitList(text("sourceAllow")).map((hostPort) => hostPort.toLowerCase()),
    alertmanagerUrls: splitList(text("alertmanagerUrl")),
    webhookAllow: splitList(text("webhookAllow")).map((hostPort) => hostPort.toLowerCase()),
    sourcePolicy: path("sourcePolicy"),
    screeningPolicy: path("screeningPolicy"),
    sourceMaxBytes: integer("sourceMaxMb") * MiB,
    durationMaxSec: integer("durationMaxHours") * 3600,
    maxPixels: integer("pixelsMax"),
    maxStreams: integer("streamsMax"),
    cacheMemoryBytes: integer("cacheMemoryMb") * MiB,
    forecastCpuSec: integer("forecastCpuSec"),
    forecastBytes: integer("forecastMb") * MiB,
    sourceCacheBytes: integer("sourceCacheMb") * MiB,
    remuxMaxBytes: integer("remuxMaxMb") * MiB,
    ffmpegPath: required("ffmpeg"),
    ffprobePath: required("ffprobe"),
    sandbox: parseSandbox(text("sandbox")),
    encoder: parseEncoder(text("encoder")),
    videoCodecs: parseCodecs(text("videoCodecs")),
    protection: parseProtection(text("protection")),
    usage: text("usage") === "off" ? "off" : "on",
    usageDays: integer("usageDays"),
    usageFloor: integer("usageFloor"),
    logLevel: parseLogLevel(text("logLevel")),
    logFormat: text("logFormat") === "json" ? "json" : "text",
    tracePercent: text("tracePercent") !== undefined ? integer("tracePercent") : text("otlpUrl") === undefined ? undefined : 1,
    otlpUrl: text("otlpUrl"),
  };
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
