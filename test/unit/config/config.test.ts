import { cpus, hostname } from "node:os";
import { resolve } from "node:path";
import { expect } from "chai";
import { ConfigError, loadConfig } from "../../../config/config.ts";
import { RATES } from "../../../config/rates.ts";
import { SERVICES } from "../../../config/services.ts";
import { SETTINGS, type Setting } from "../../../config/settings.ts";

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

const FILE = import.meta.filename;

describe("configuration", () => {
  it("has a default for everything that it can", () => {
    expect(loadConfig({})).to.deep.equal({
      retention: {}, trustedProxies: [], rates: RATES, corsOrigins: [],
      tls: undefined, tlsCa: undefined, nats: { ca: undefined, pair: undefined, nkey: undefined }, redis: { ca: undefined, pair: undefined, passwordFile: undefined },
      httpHost: "127.0.0.1", httpPort: 3000, publicUrl: undefined, metricsHost: "127.0.0.1", metricsPort: 0,
      natsUrl: undefined, meshSecret: undefined, access: "keys", adminKeyHash: undefined, login: undefined, key: undefined, visibility: "public", linkKeys: undefined, linkMaxSec: 604_800, redisUrl: undefined, store: { kind: "file", dir: resolve(".lectern/store") }, storeKeys: [],
      region: "local", regions: undefined, services: SERVICES, nodeId: `${hostname()}-${process.pid}`, namespace: "lectern", dataDir: resolve(".lectern"),
      slots: cpus().length, tenantQueue: 20_000, tenantSlots: 1_000_000, tenantWeights: {}, timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone, capacity: { min: 1, max: 50, targetUse: 0.5, leadMs: 300_000, gatewayMbps: 1_000, prices: { of: {} } }, startWaitMs: 30_000, stopGraceMs: 0, sourceAllow: [], sourcePolicy: undefined, alertmanagerUrls: [], webhookAllow: [], screeningPolicy: undefined, sourceMaxBytes: 64 * 1024 ** 3, durationMaxSec: 86_400, maxPixels: 33_554_432, maxStreams: 64,
      cacheMemoryBytes: 256 * 1024 ** 2, forecastCpuSec: 600, forecastBytes: 2 * 1024 ** 3, sourceCacheBytes: 2 * 1024 ** 3, remuxMaxBytes: 256 * 1024 ** 2, ffmpegPath: "ffmpeg", ffprobePath: "ffprobe", sandbox: "auto", encoder: "software", videoCodecs: ["h264"], protection: "none", usage: "on", usageDays: 400, usageFloor: 3, logLevel: "info", logFormat: "text", tracePercent: undefined, otlpUrl: undefined,
      auditKey: resolve(".lectern/audit.key"), auditDays: 400, pseudonymKey: undefined,
    });
  });

  it("takes what the environment says", () => {
    const config = loadConfig({
      LECTERN_RETENTION_DAYS: "physics=180, *=365", LECTERN_TRUSTED_PROXIES: "10.0.0.0/8, ::1", LECTERN_RATES: "play=0, failures=9", LECTERN_CORS_ORIGINS: "https://Campus.example",
      LECTERN_HTTP_HOST: "0.0.0.0", LECTERN_HTTP_PORT: "8080", LECTERN_PUBLIC_URL: "https://video.example.org//", LECTERN_NATS_URL: "nats://a:4222,tls://b:4222", LECTERN_MESH_SECRET: "s".repeat(32), LECTERN_ACCESS: "open", LECTERN_ADMIN_KEY_HASH: "0".repeat(64), LECTERN_LOGIN_ISSUER: "https://login.school.example", LECTERN_KEY: "k".repeat(32),
      LECTERN_VISIBILITY: "private", LECTERN_LINK_KEYS: `${"l".repeat(32)}, ${"m".repeat(32)}`, LECTERN_LINK_MAX_HOURS: "24",
      LECTERN_REDIS_URL: "rediss://r:6379", LECTERN_STORE: "s3://lectures", LECTERN_STORE_KEYS: "kms:alias/lectern, file:/etc/old.key,env:RING", LECTERN_S3_ENDPOINT: "http://127.0.0.1:7480", LECTERN_REGION: "eu",
      LECTERN_SERVICES: " transcoder , cache ", LECTERN_NODE_ID: "node-1", LECTERN_NAMESPACE: "test", LECTERN_DATA: "/srv/lectern", LECTERN_SLOTS: "4", LECTERN_TENANT_QUEUE: "500", LECTERN_TENANT_SLOTS: "8", LECTERN_TENANT_WEIGHTS: "physics=3, art-history=0.5",
      LECTERN_SOURCE_ALLOW: "127.0.0.1:8000, Media.Internal:80,[::1]:9000,", LECTERN_SOURCE_MAX_MB: "1", LECTERN_SOURCE_POLICY: "/etc/lectern/policy.yaml", LECTERN_ALERTMANAGER_URL: "http://alerts-a:9093, https://alerts-b/am", LECTERN_WEBHOOK_ALLOW: "Hooks.Internal:8080", LECTERN_SCREENING_POLICY: "/etc/lectern/screening.yaml", LECTERN_DURATION_MAX_HOURS: "2", LECTERN_PIXELS_MAX: "2073600", LECTERN_STREAMS_MAX: "8", LECTERN_SANDBOX: "bwrap", LECTERN_ENCODER: "nvenc", LECTERN_VIDEO_CODECS: "av1, h264", LECTERN_PROTECTION: "cbcs", LECTERN_FORECAST_CPU_SEC: "0", LECTERN_FORECAST_MB: "7", LECTERN_CACHE_MEMORY_MB: "3",
      LECTERN_SOURCE_CACHE_MB: "5", LECTERN_FFMPEG: "/opt/ffmpeg", LECTERN_FFPROBE: "/opt/ffprobe", LECTERN_USAGE: "off", LECTERN_USAGE_DAYS: "30", LECTERN_USAGE_FLOOR: "1", LECTERN_LOG_LEVEL: "debug", LECTERN_LOG_FORMAT: "json", LECTERN_OTLP_URL: "http://collector:4318",
      LECTERN_METRICS_HOST: "::1", LECTERN_METRICS_PORT: "9100", LECTERN_TIME_ZONE: "Europe/Zurich", LECTERN_CAPACITY_RANGE: "0-8", LECTERN_CAPACITY_USE: "70", LECTERN_CAPACITY_LEAD_SEC: "120", LECTERN_GATEWAY_MBPS: "2500", LECTERN_PRICES: "currency=EUR, egress-gb=0.08,transcoder-hour=0.5", LECTERN_START_WAIT_SEC: "90", LECTERN_STOP_GRACE_SEC: "5",
      LECTERN_TLS_CERT: FILE, LECTERN_TLS_KEY: FILE, LECTERN_TLS_CA: FILE, LECTERN_NATS_CA: FILE, LECTERN_NATS_CERT: FILE, LECTERN_NATS_KEY: FILE, LECTERN_NATS_NKEY: FILE, LECTERN_REDIS_PASSWORD_FILE: FILE, LECTERN_REDIS_CA: FILE, LECTERN_REDIS_CERT: FILE, LECTERN_REDIS_KEY: FILE,
      LECTERN_AUDIT_KEY: "/etc/lectern/audit.key", LECTERN_AUDIT_DAYS: "30", LECTERN_PSEUDONYM_KEY: "p".repeat(32), PATH: "/bin", OTHER_NAME: "x",
    });
    expect(config).to.deep.equal({
      tls: { cert: FILE, key: FILE }, tlsCa: FILE, nats: { ca: FILE, pair: { cert: FILE, key: FILE }, nkey: FILE }, redis: { ca: FILE, pair: { cert: FILE, key: FILE }, passwordFile: FILE },
      retention: { physics: 180, "*": 365 }, trustedProxies: ["10.0.0.0/8", "::1"], rates: { ...RATES, play: 0, failures: 9 }, corsOrigins: ["https://campus.example"],
      httpHost: "0.0.0.0", httpPort: 8080, publicUrl: "https://video.example.org", metricsHost: "::1", metricsPort: 9100,
      natsUrl: "nats://a:4222,tls://b:4222", meshSecret: "s".repeat(32), access: "open", adminKeyHash: "0".repeat(64), login: { issuer: "https://login.school.example", audience: "lectern" }, key: "k".repeat(32), visibility: "private", linkKeys: ["l".repeat(32), "m".repeat(32)], linkMaxSec: 86_400, redisUrl: "rediss://r:6379", store: { kind: "s3", bucket: "lectures", endpoint: "http://127.0.0.1:7480" },
      storeKeys: [{ kind: "kms", keyId: "alias/lectern" }, { kind: "file", path: "/etc/old.key" }, { kind: "env", name: "RING" }],
      region: "eu", regions: undefined, services: ["metrics", "node", "storage", "audit", "source", "quality", "transcoder", "cache"], nodeId: "node-1", namespace: "test", dataDir: "/srv/lectern", slots: 4, tenantQueue: 500, tenantSlots: 8, tenantWeights: { physics: 3, "art-history": 0.5 }, timeZone: "Europe/Zurich", capacity: { min: 0, max: 8, targetUse: 0.7, leadMs: 120_000, gatewayMbps: 2_500, prices: { currency: "EUR", of: { "egress-gb": 0.08, "transcoder-hour": 0.5 } } }, startWaitMs: 90_000, stopGraceMs: 5_000,
      sourceAllow: ["127.0.0.1:8000", "media.internal:80", "[::1]:9000"], sourcePolicy: "/etc/lectern/policy.yaml", alertmanagerUrls: ["http://alerts-a:9093", "https://alerts-b/am"], webhookAllow: ["hooks.internal:8080"], screeningPolicy: "/etc/lectern/screening.yaml", sourceMaxBytes: 1024 ** 2, durationMaxSec: 7_200, maxPixels: 2_073_600, maxStreams: 8,
      cacheMemoryBytes: 3 * 1024 ** 2, forecastCpuSec: 0, forecastBytes: 7 * 1024 ** 2, sourceCacheBytes: 5 * 1024 ** 2, remuxMaxBytes: 256 * 1024 ** 2, ffmpegPath: "/opt/ffmpeg", ffprobePath: "/opt/ffprobe", sandbox: "bwrap", encoder: "nvenc", videoCodecs: ["h264", "av1"], protection: "cbcs", usage: "off", usageDays: 30, usageFloor: 1, logLevel: "debug", logFormat: "json", tracePercent: 1, otlpUrl: "http://collector:4318",
      auditKey: "/etc/lectern/audit.key", auditDays: 30, pseudonymKey: "p".repeat(32),
    });
  });

  it("takes an empty value for an absent one", () => {
    expect(loadConfig({ LECTERN_HTTP_PORT: "", LECTERN_REDIS_URL: "", LECTERN_SERVICES: "" })).to.include({ httpPort: 3000, redisUrl: undefined, services: SERVICES });
  });

  it("puts the default store under the data directory, and makes paths absolute", () => {
    expect(loadConfig({ LECTERN_DATA: "/srv/x" }).store).to.deep.equal({ kind: "file", dir: "/srv/x/store" });
    expect(loadConfig({ LECTERN_STORE: "file:objects" }).store).to.deep.equal({ kind: "file", dir: resolve("objects") });
  });

  it("names every fault at once", () => {
    expect(faultsOf({ LECTERN_HTTP_PORT: "http", LECTERN_SLOTS: "0", LECTERN_LOG_LEVEL: "loud", LECTERN_REGIN: "eu", LECTERN_SERVICES: "cache,cahce", LECTERN_STORE: "ftp://x", LECTERN_VIDEO_CODECS: "h264,vp9", LECTERN_TENANT_WEIGHTS: "a=1,b,c=0", LECTERN_RETENTION_DAYS: "a=0,*=7", LECTERN_TRUSTED_PROXIES: "10.0.0.0/33,::1,proxy", LECTERN_RATES: "plays=1", LECTERN_PRICES: "egress-gb=1,egress-gb=2", LECTERN_CORS_ORIGINS: "https://a.example/,https://b.example" })).to.have.members([
      'LECTERN_RETENTION_DAYS must list tenant=days pairs with days above 0, not "a=0".',
      'LECTERN_TRUSTED_PROXIES must list addresses or CIDR blocks, not "10.0.0.0/33, proxy".',
      "LECTERN_PRICES must list name=price pairs, each once; the names are transcoder-hour, gateway-hour, egress-gb, stored-gb-month, fetched-gb, and currency=EUR.",
      "LECTERN_RATES must list name=number pairs; the names are failures, changes, questions, images, play, usage.",
      'LECTERN_CORS_ORIGINS must list origins as in https://campus.example, not "https://a.example/".',
      'LECTERN_VIDEO_CODECS must list one or more of h264, hevc, av1, not "h264,vp9".',
      'LECTERN_TENANT_WEIGHTS must list tenant=weight pairs with weights above 0, not "b, c=0".',
      "LECTERN_REGIN is not a setting (did you mean LECTERN_REGION?).",
      'LECTERN_HTTP_PORT must be a whole number from 0 to 65535, not "http".',
      'LECTERN_SLOTS must be a whole number from 1 to 256, not "0".',
      'LECTERN_LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, not "loud".',
      'LECTERN_STORE must be file:<dir> or s3://<bucket>, not "ftp://x".',
      `LECTERN_SERVICES names no service "cahce"; there are ${SERVICES.join(", ")}.`,
    ]);
    expect(() => loadConfig({ LECTERN_SLOTS: "x", LECTERN_HTTP_PORT: "y" })).to.throw(ConfigError, /LECTERN_HTTP_PORT.*\nLECTERN_SLOTS/);
  });

  it("wants files that it can read, certificates with their keys, and no plain Redis where one was to be believed", () => {
    expect(faultsOf({ LECTERN_TLS_CERT: "/no/such.crt", LECTERN_NATS_CERT: FILE, LECTERN_REDIS_KEY: FILE, LECTERN_NATS_NKEY: import.meta.dirname })).to.have.members([
      "LECTERN_TLS_CERT names /no/such.crt, which cannot be read: there is no such file.",
      `LECTERN_NATS_NKEY names ${import.meta.dirname}, which cannot be read: it is a directory.`,
      "LECTERN_TLS_CERT and LECTERN_TLS_KEY are one pair: set both or none.",
      "LECTERN_NATS_CERT and LECTERN_NATS_KEY are one pair: set both or none.",
      "LECTERN_REDIS_CERT and LECTERN_REDIS_KEY are one pair: set both or none.",
    ]);
    expect(faultsOf({ LECTERN_REDIS_CA: FILE, LECTERN_REDIS_URL: "redis://r" })).to.deep.equal(["LECTERN_REDIS_URL must begin with rediss:// where LECTERN_REDIS_CA or LECTERN_REDIS_CERT is set."]);
    expect(faultsOf({ LECTERN_REDIS_CA: FILE, LECTERN_REDIS_URL: "rediss://r" })).to.deep.equal([]);
  });

  it("suggests the setting that a wrong name is near to, and none for another name", () => {
    expect(faultsOf({ LECTERN_HTP_PORT: "1" })).to.deep.equal(["LECTERN_HTP_PORT is not a setting (did you mean LECTERN_HTTP_PORT?)."]);
    expect(faultsOf({ LECTERN_REDIS_URI: "1" })).to.deep.equal(["LECTERN_REDIS_URI is not a setting (did you mean LECTERN_REDIS_URL?)."]);
    expect(faultsOf({ LECTERN_REGOIN: "1" })).to.deep.equal(["LECTERN_REGOIN is not a setting (did you mean LECTERN_REGION?)."]);
    expect(faultsOf({ LECTERN_QUALITY: "1" })).to.deep.equal(["LECTERN_QUALITY is not a setting."]);
    expect(faultsOf({ LECTERN_: "1" })).to.have.length(1);
    expect(faultsOf({ lectern_quality: "1", XLECTERN_Y: "1" })).to.be.empty;
  });

  it("never shows a secret, also not a wrong one", () => {
    const secrets = Object.values(SETTINGS).filter((setting: Setting) => setting.secret === true);
    expect(secrets.map((setting) => setting.env)).to.have.members(["LECTERN_ALERTMANAGER_URL", "LECTERN_NATS_URL", "LECTERN_MESH_SECRET", "LECTERN_PSEUDONYM_KEY", "LECTERN_KEY", "LECTERN_LINK_KEYS", "LECTERN_REDIS_URL", "LECTERN_OTLP_URL"]);
    for (const { env } of secrets) {
      const faults = faultsOf({ [env]: "user:hunter2@host" });
      expect(faults, env).to.have.length(1);
      expect(faults.join(), env).to.not.include("hunter2");
    }
  });

  const refused: Record<string, string[]> = {
    LECTERN_LINK_KEYS: ["short", ",", `${"l".repeat(32)},short`, Array.from({ length: 9 }, () => "l".repeat(32)).join(",")],
    LECTERN_LINK_MAX_HOURS: ["0", "721"],
    LECTERN_HTTP_PORT: ["-1", "65536", "80.5", "0x50", "1e3", " 80", "٣"],
    LECTERN_SLOTS: ["0", "257", "NaN", "Infinity"],
    LECTERN_REDIS_URL: ["localhost:6379", "http://r", "redis", "redis://a,b"],
    LECTERN_NATS_URL: ["redis://r", "nats://a:4222,"],
    LECTERN_PUBLIC_URL: ["/videos", "ftp://x", "javascript:alert(1)", "http://a,http://b"],
    LECTERN_SOURCE_ALLOW: ["127.0.0.1", "http://127.0.0.1:80", "*:80", "127.0.0.1:80/path", "10.0.0.0/8:80", "host:", "host:99999", "host:65536"],
    LECTERN_STORE_KEYS: ["file:", "/etc/key", "env:LECTERN_KEY", "env:", "kms:", "none,file:/x", "file:/x,"],
    LECTERN_STORE: ["file:", "s3://", "s3://A", "s3://bucket/prefix", "/srv/store", "s3:bucket"],
    LECTERN_LOG_FORMAT: ["JSON", "xml"],
  };
  for (const [env, values] of Object.entries(refused)) {
    it(`refuses a bad ${env}`, () => { for (const value of values) expect(faultsOf({ [env]: value }), value).to.have.length(1); });
  }

  it("accepts its own defaults, and names each setting once", () => {
    const defaults = Object.values(SETTINGS).filter((setting: Setting) => setting.fallback !== undefined);
    expect(faultsOf(Object.fromEntries(defaults.map((setting: Setting) => [setting.env, setting.fallback ?? ""])))).to.be.empty;
    const names = Object.values(SETTINGS).map((setting) => setting.env);
    expect(new Set(names).size).to.equal(names.length);
    expect(names.every((name) => /^LECTERN_[A-Z0-9_]+$/.test(name))).to.equal(true);
  });
});
