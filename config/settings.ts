/**
 * The one table of settings. Each is an environment variable; its default is written here and nowhere else.
 * The README's table is checked against this one by a test.
 */
import { cpus } from "node:os";
import { RATES } from "./rates.ts";

export type SettingKind =
  | { kind: "string" }
  | { kind: "integer"; min: number; max: number }
  | { kind: "url"; schemes: readonly string[]; /** Several, comma-separated. */ list?: boolean }
  | { kind: "choice"; of: readonly string[] }
  | { kind: "list" }
  /** One or more, comma-separated. */
  | { kind: "choices"; of: readonly string[] }
  | { kind: "hostPorts" }
  /** `name=number`, comma-separated. */
  | { kind: "weights" }
  | { kind: "secret"; minLength: number }
  /** Addresses and CIDR blocks, comma-separated. */
  | { kind: "networks" }
  /** `scheme://host[:port]`, comma-separated. */
  | { kind: "origins" }
  /** `tenant=days` or `*=days`, comma-separated. */
  | { kind: "retention" }
  /** `name=number` of RATES, comma-separated. */
  | { kind: "rates" }
  | { kind: "prices" }
  /** Some, comma-separated. */
  | { kind: "secrets"; minLength: number; max: number }
  | { kind: "sha256" }
  /** `fewest-most`, whole numbers. */
  | { kind: "range"; max: number }
  /** As IANA names it. */
  | { kind: "timeZone" }
  /** One that can be read. */
  | { kind: "file" }
  | { kind: "store" }
  | { kind: "storeKeys" };

export interface Setting {
  readonly env: string;
  readonly type: SettingKind;
  /** What applies when the variable is absent; undefined: nothing does. */
  readonly fallback: string | undefined;
  readonly meaning: string;
  /** Never shown in logs or by `$node.options`. */
  readonly secret?: boolean;
}

const port: SettingKind = { kind: "integer", min: 0, max: 65535 };
const file: SettingKind = { kind: "file" };
const mebibytes: SettingKind = { kind: "integer", min: 1, max: 1_048_576 };

export const SETTINGS = {
  httpHost: { env: "LECTERN_HTTP_HOST", type: { kind: "string" }, fallback: "127.0.0.1", meaning: "address the gateway listens on" },
  httpPort: { env: "LECTERN_HTTP_PORT", type: port, fallback: "3000", meaning: "port of the gateway" },
  publicUrl: { env: "LECTERN_PUBLIC_URL", type: { kind: "url", schemes: ["http:", "https:"] }, fallback: undefined, meaning: "base of the links in answers, behind a proxy; else the request's own host" },
  tlsCert: { env: "LECTERN_TLS_CERT", type: file, fallback: undefined, meaning: "file with the gateway's certificate and those above it (PEM), read again when it changes: the gateway then speaks HTTPS only" },
  tlsKey: { env: "LECTERN_TLS_KEY", type: file, fallback: undefined, meaning: "file with the key of that certificate (PEM)" },
  tlsCa: { env: "LECTERN_TLS_CA", type: file, fallback: undefined, meaning: "file with an authority whose certificates commands (`npm run add`, `ctl`) believe a gateway, besides those of Node" },
  metricsHost: { env: "LECTERN_METRICS_HOST", type: { kind: "string" }, fallback: "127.0.0.1", meaning: "address that `/metrics` and the probes of a node without a gateway listen on" },
  metricsPort: { env: "LECTERN_METRICS_PORT", type: port, fallback: "0", meaning: "port of `/metrics` on every node; 0 takes a free one and logs it" },
  natsUrl: { env: "LECTERN_NATS_URL", type: { kind: "url", schemes: ["nats:", "tls:"], list: true }, fallback: undefined, meaning: "the mesh's NATS, comma-separated for a cluster; absent: `npm start` runs one", secret: true },
  natsCa: { env: "LECTERN_NATS_CA", type: file, fallback: undefined, meaning: "file with the authority of NATS' certificate (PEM); with it, or with `tls://`, no NATS is spoken to without TLS" },
  natsCert: { env: "LECTERN_NATS_CERT", type: file, fallback: undefined, meaning: "file with the certificate that this node shows NATS (PEM)" },
  natsKey: { env: "LECTERN_NATS_KEY", type: file, fallback: undefined, meaning: "file with the key of that certificate (PEM)" },
  natsNkey: { env: "LECTERN_NATS_NKEY", type: file, fallback: undefined, meaning: "file with the seed of the nkey by which NATS knows this node, whose LECTERN_NODE_ID it belongs to" },
  meshSecret: { env: "LECTERN_MESH_SECRET", type: { kind: "secret", minLength: 32 }, fallback: undefined, meaning: "seals what nodes tell each other over NATS: the same on all nodes, at least 32 characters. Absent: `npm start` makes one for the NATS that it runs; on any other NATS whoever reaches it is one of the mesh", secret: true },
  access: { env: "LECTERN_ACCESS", type: { kind: "choice", of: ["keys", "open"] }, fallback: "keys", meaning: "`keys`: whoever asks for more than to watch shows an API key; `open`: everybody may do everything, for a network that nobody else reaches" },
  adminKeyHash: { env: "LECTERN_ADMIN_KEY_HASH", type: { kind: "sha256" }, fallback: undefined, meaning: "SHA-256 in hex of a key that may do everything, also while the store is away: the same on all nodes with a gateway. Absent: `npm start` makes one, in `admin.key` of the data directory" },
  loginIssuer: { env: "LECTERN_LOGIN_ISSUER", type: { kind: "url", schemes: ["https:", "http:"] }, fallback: undefined, meaning: "a school's own log-in (OpenID Connect): its tokens, signed with EdDSA or ES256 and at most 15 minutes old, count like keys, with the roles in their claim `lectern_roles` and the tenant in `lectern_tenant`" },
  loginAudience: { env: "LECTERN_LOGIN_AUDIENCE", type: { kind: "string" }, fallback: "lectern", meaning: "whom those tokens must be for" },
  auditKey: { env: "LECTERN_AUDIT_KEY", type: { kind: "string" }, fallback: undefined, meaning: "file with the key that signs the audit log, the same on all nodes; made where it is missing. Absent: `audit.key` in the data directory" },
  auditDays: { env: "LECTERN_AUDIT_DAYS", type: { kind: "integer", min: 1, max: 36_500 }, fallback: "400", meaning: "days for which the audit log is kept; an S3 bucket with object lock lets nobody remove it sooner" },
  pseudonymKey: { env: "LECTERN_PSEUDONYM_KEY", type: { kind: "secret", minLength: 32 }, fallback: undefined, meaning: "makes the pseudonyms of persons and addresses in the audit log: the same on all nodes, and for as long as they are to be compared. Absent: derived from `LECTERN_MESH_SECRET`; without either, new ones at each start", secret: true },
  key: { env: "LECTERN_KEY", type: { kind: "secret", minLength: 32 }, fallback: undefined, meaning: "the API key that commands show (`npm run add`, `ctl`, `repl`); absent: the admin key of the mesh on this machine", secret: true },
  trustedProxies: { env: "LECTERN_TRUSTED_PROXIES", type: { kind: "networks" }, fallback: "", meaning: "addresses and CIDR blocks of proxies whose `X-Forwarded-For` is believed, comma-separated" },
  rates: { env: "LECTERN_RATES", type: { kind: "rates" }, fallback: Object.entries(RATES).map(([name, number]) => `${name}=${number}`).join(","), meaning: "requests a minute that a region takes of one key, or of one address without a key, by kind; 0: any number. What is not named stays as it is" },
  corsOrigins: { env: "LECTERN_CORS_ORIGINS", type: { kind: "origins" }, fallback: "", meaning: "sites whose pages may use the API from a browser, with keys of their own, comma-separated, as in `https://campus.example`; playing is open to all pages" },
  visibility: { env: "LECTERN_VISIBILITY", type: { kind: "choice", of: ["public", "private"] }, fallback: "public", meaning: "what a video is that is posted without saying: `public`, for whoever knows its id, or `private`, for those with a key or a link" },
  linkKeys: { env: "LECTERN_LINK_KEYS", type: { kind: "secrets", minLength: 32, max: 8 }, fallback: undefined, meaning: "secrets that sign links to private videos, comma-separated, at least 32 characters each: the first signs, all are believed, the same on all nodes with a gateway. Absent: made of the mesh's secret, another every 31 days", secret: true },
  linkMaxHours: { env: "LECTERN_LINK_MAX_HOURS", type: { kind: "integer", min: 1, max: 720 }, fallback: "168", meaning: "hours that a link to a private video may be good for; one that a viewer hands out for 4 at most" },
  redisUrl: { env: "LECTERN_REDIS_URL", type: { kind: "url", schemes: ["redis:", "rediss:"] }, fallback: undefined, meaning: "the region's Redis; absent: `npm start` runs one", secret: true },
  redisPasswordFile: { env: "LECTERN_REDIS_PASSWORD_FILE", type: file, fallback: undefined, meaning: "file with the password of the user that LECTERN_REDIS_URL names" },
  redisCa: { env: "LECTERN_REDIS_CA", type: file, fallback: undefined, meaning: "file with the authority of Redis' certificate (PEM), for `rediss://`" },
  redisCert: { env: "LECTERN_REDIS_CERT", type: file, fallback: undefined, meaning: "file with the certificate that this node shows Redis (PEM)" },
  redisKey: { env: "LECTERN_REDIS_KEY", type: file, fallback: undefined, meaning: "file with the key of that certificate (PEM)" },
  store: { env: "LECTERN_STORE", type: { kind: "store" }, fallback: undefined, meaning: "`file:<dir>` or `s3://<bucket>`; absent: the directory `store` under the data directory" },
  s3Endpoint: { env: "LECTERN_S3_ENDPOINT", type: { kind: "url", schemes: ["http:", "https:"] }, fallback: undefined, meaning: "an S3 server other than AWS (path-style addressing)" },
  storeKeys: { env: "LECTERN_STORE_KEYS", type: { kind: "storeKeys" }, fallback: undefined, meaning: "what encrypts videos, uploads and webhooks in the store, the same on all nodes of all regions: `file:<path>`, `env:<NAME>` or `kms:<key id>`, or several, comma-separated: the first wraps, all unwrap; `none`: nothing is encrypted. Absent: `npm start` makes `store.key` in the data directory for a new directory store, else nothing is encrypted" },
  region: { env: "LECTERN_REGION", type: { kind: "string" }, fallback: "local", meaning: "where this node runs: `us`, `eu`, `asia`, …" },
  regions: { env: "LECTERN_REGIONS", type: { kind: "string" }, fallback: undefined, meaning: "file that says which regions there are, with their stores, places and public URLs; this region's store is then the one it names. Absent: one region" },
  services: { env: "LECTERN_SERVICES", type: { kind: "list" }, fallback: undefined, meaning: "services this node runs, comma-separated; absent: all" },
  nodeId: { env: "LECTERN_NODE_ID", type: { kind: "string" }, fallback: undefined, meaning: "name of this node in the mesh; absent: host name and process id" },
  namespace: { env: "LECTERN_NAMESPACE", type: { kind: "string" }, fallback: "lectern", meaning: "meshes with different names on one NATS do not see each other; also the prefix of Redis keys" },
  data: { env: "LECTERN_DATA", type: { kind: "string" }, fallback: ".lectern", meaning: "directory for caches, the embedded servers and the default store" },
  slots: { env: "LECTERN_SLOTS", type: { kind: "integer", min: 1, max: 256 }, fallback: String(cpus().length), meaning: "FFmpeg processes this node runs at once; default: one per core" },
  tenantQueue: { env: "LECTERN_TENANT_QUEUE", type: { kind: "integer", min: 10, max: 1_000_000 }, fallback: "20000", meaning: "chunks of one tenant that may wait; over it a post is answered 429" },
  tenantSlots: { env: "LECTERN_TENANT_SLOTS", type: { kind: "integer", min: 1, max: 1_000_000 }, fallback: "1000000", meaning: "chunks of one tenant that a region makes at once in the background" },
  tenantWeights: { env: "LECTERN_TENANT_WEIGHTS", type: { kind: "weights" }, fallback: "", meaning: "shares of the background, `tenant=weight`, comma-separated; a tenant that is not named has 1" },
  retention: { env: "LECTERN_RETENTION_DAYS", type: { kind: "retention" }, fallback: "", meaning: "days after which a tenant's videos are deleted, `tenant=days`, comma-separated, `*` for all others; who is not named keeps for ever" },
  timeZone: { env: "LECTERN_TIME_ZONE", type: { kind: "timeZone" }, fallback: undefined, meaning: "clock by which the region's lectures are held, as in `Europe/Zurich`, the same on all its nodes; absent: the machine's" },
  capacityRange: { env: "LECTERN_CAPACITY_RANGE", type: { kind: "range", max: 10_000 }, fallback: "1-50", meaning: "fewest and most transcoders that a region says it should have" },
  capacityUse: { env: "LECTERN_CAPACITY_USE", type: { kind: "integer", min: 10, max: 95 }, fallback: "50", meaning: "percent of the slots that viewers' encodes are to use when as much comes as nine times of ten is not exceeded" },
  capacityLeadSec: { env: "LECTERN_CAPACITY_LEAD_SEC", type: { kind: "integer", min: 0, max: 7_200 }, fallback: "300", meaning: "seconds from asking for a transcoder until it takes work: so far ahead the region asks for it" },
  gatewayMbps: { env: "LECTERN_GATEWAY_MBPS", type: { kind: "integer", min: 1, max: 1_000_000 }, fallback: "1000", meaning: "Mbit/s that one node with a gateway can send: its line, or what was measured (`npm run bench -- deliver`); the page of capacity plans gateways by it" },
  prices: { env: "LECTERN_PRICES", type: { kind: "prices" }, fallback: "", meaning: "what the region's work costs, for the page of capacity, comma-separated: `transcoder-hour`, `gateway-hour`, `egress-gb`, `stored-gb-month`, `fetched-gb`, and `currency`, as in `currency=EUR,egress-gb=0.08`. What is not set is not counted" },
  startWaitSec: { env: "LECTERN_START_WAIT_SEC", type: { kind: "integer", min: 1, max: 3_600 }, fallback: "30", meaning: "seconds for which a node that starts waits for NATS and for Redis, before it ends with a reason" },
  stopGraceSec: { env: "LECTERN_STOP_GRACE_SEC", type: { kind: "integer", min: 0, max: 600 }, fallback: "0", meaning: "seconds for which a node that stops still takes connections, while `/health/ready` already answers 503, for load balancers" },
  sourceAllow: { env: "LECTERN_SOURCE_ALLOW", type: { kind: "hostPorts" }, fallback: "", meaning: "private or loopback origins that may be fetched, exact `host:port`, comma-separated" },
  sourcePolicy: { env: "LECTERN_SOURCE_POLICY", type: { kind: "string" }, fallback: undefined, meaning: "file that says which sites may be fetched from, through which proxies, how gently; read again when it changes" },
  alertmanagerUrl: { env: "LECTERN_ALERTMANAGER_URL", type: { kind: "url", schemes: ["http:", "https:"], list: true }, fallback: undefined, meaning: "Alertmanagers that are told what fails, comma-separated, each with its user name and password if it wants them", secret: true },
  webhookAllow: { env: "LECTERN_WEBHOOK_ALLOW", type: { kind: "hostPorts" }, fallback: "", meaning: "private or loopback endpoints that webhooks may be sent to, also by http, exact `host:port`, comma-separated" },
  screeningPolicy: { env: "LECTERN_SCREENING_POLICY", type: { kind: "string" }, fallback: undefined, meaning: "file that says how videos are screened, for each tenant: when, what is blocked and what a person looks at; read again when it changes" },
  sourceMaxMb: { env: "LECTERN_SOURCE_MAX_MB", type: mebibytes, fallback: "65536", meaning: "largest source or upload, in MiB" },
  durationMaxHours: { env: "LECTERN_DURATION_MAX_HOURS", type: { kind: "integer", min: 1, max: 1000 }, fallback: "24", meaning: "longest video accepted" },
  pixelsMax: { env: "LECTERN_PIXELS_MAX", type: { kind: "integer", min: 1, max: 268_435_456 }, fallback: "33554432", meaning: "pixels of the largest picture accepted, width × height" },
  streamsMax: { env: "LECTERN_STREAMS_MAX", type: { kind: "integer", min: 1, max: 1_000 }, fallback: "64", meaning: "most tracks of a source" },
  cacheMemoryMb: { env: "LECTERN_CACHE_MEMORY_MB", type: mebibytes, fallback: "256", meaning: "segments in a node's memory, in MiB; those kept for viewers give way to those that wait for the object store, down to a quarter of it" },
  forecastCpuSec: { env: "LECTERN_FORECAST_CPU_SEC", type: { kind: "integer", min: 0, max: 1_000_000 }, fallback: "600", meaning: "seconds of a processor an hour that a region may take for what viewers are only expected to begin, by what such work costs (`npm run bench -- cost --measure`); 0: nothing is forecast" },
  forecastMb: { env: "LECTERN_FORECAST_MB", type: mebibytes, fallback: "2048", meaning: "MiB an hour that may be made so" },
  sourceCacheMb: { env: "LECTERN_SOURCE_CACHE_MB", type: mebibytes, fallback: "2048", meaning: "source blocks kept on a node's disk, in MiB, and as many again of lossless copies" },
  remuxMaxMb: { env: "LECTERN_REMUX_MAX_MB", type: mebibytes, fallback: "256", meaning: "largest source without an index (MPEG-TS, AVI, …) that is copied into a container with one, in MiB; a larger one is cut by time" },
  ffmpeg: { env: "LECTERN_FFMPEG", type: { kind: "string" }, fallback: "ffmpeg", meaning: "the FFmpeg to run" },
  ffprobe: { env: "LECTERN_FFPROBE", type: { kind: "string" }, fallback: "ffprobe", meaning: "the ffprobe to run" },
  sandbox: { env: "LECTERN_SANDBOX", type: { kind: "choice", of: ["auto", "bwrap", "limits"] }, fallback: "auto", meaning: "what FFmpeg runs in: `bwrap`, a sandbox of bubblewrap, and no start without; `limits`, no sandbox; `auto`, the sandbox where it works" },
  encoder: { env: "LECTERN_ENCODER", type: { kind: "choice", of: ["software", "nvenc", "qsv", "vaapi"] }, fallback: "software", meaning: "what encodes the rungs above the lowest: the processor, or a kind of graphics card that every node of the mesh that transcodes has; where it does not prove to work, the node does not start" },
  videoCodecs: { env: "LECTERN_VIDEO_CODECS", type: { kind: "choices", of: ["h264", "hevc", "av1"] }, fallback: "h264", meaning: "codecs that video is encoded in, comma-separated: `h264`, `hevc`, `av1`" },
  protection: { env: "LECTERN_PROTECTION", type: { kind: "choice", of: ["none", "aes-128", "cbcs"] }, fallback: "none", meaning: "how the media of a video travel to players when its post does not say: `none`, `aes-128` or `cbcs` (see Encryption on the way)" },
  usage: { env: "LECTERN_USAGE", type: { kind: "choice", of: ["on", "off"] }, fallback: "on", meaning: "`on`: players report how videos are watched, which is counted by video and day, and nobody by name; `off`: nothing of it is taken" },
  usageDays: { env: "LECTERN_USAGE_DAYS", type: { kind: "integer", min: 1, max: 3_660 }, fallback: "400", meaning: "days for which it is kept how videos were watched" },
  usageFloor: { env: "LECTERN_USAGE_FLOOR", type: { kind: "integer", min: 1, max: 1_000 }, fallback: "3", meaning: "viewers on one day from which on it is shown which parts of a video were watched; with fewer only sums are, lest it be what one of them did" },
  logLevel: { env: "LECTERN_LOG_LEVEL", type: { kind: "choice", of: ["fatal", "error", "warn", "info", "debug", "trace"] }, fallback: "info", meaning: "least severe log line that is written" },
  logFormat: { env: "LECTERN_LOG_FORMAT", type: { kind: "choice", of: ["text", "json"] }, fallback: "text", meaning: "log lines for people or for machines" },
  tracePercent: { env: "LECTERN_TRACE_PERCENT", type: { kind: "integer", min: 0, max: 100 }, fallback: undefined, meaning: "of a hundred requests, how many traces are kept whatever becomes of them; those of failed and slow ones are kept as well. Absent: 1 where LECTERN_OTLP_URL is set, else nothing is traced" },
  otlpUrl: { env: "LECTERN_OTLP_URL", type: { kind: "url", schemes: ["http:", "https:"] }, fallback: undefined, meaning: "an OpenTelemetry collector (also Jaeger, Tempo) that takes OTLP over HTTP, as in `http://collector:4318`: traces are sent there, with a user name and password in it as Basic", secret: true },
  testS3Endpoint: { env: "LECTERN_TEST_S3_ENDPOINT", type: { kind: "url", schemes: ["http:", "https:"] }, fallback: undefined, meaning: "tests only: an S3 server to use instead of starting one (with the usual AWS variables)" },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
