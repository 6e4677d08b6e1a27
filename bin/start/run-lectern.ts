/**
 * `npm start`: NATS and Redis where none is configured, one node, kept running until told to stop. What is opened is
 * closed in reverse: the node drains first, then Redis saves, then NATS goes.
 */
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import { formatStoreKeys } from "../../config/store-keys.ts";
import { hashKey } from "../../config/access/api-key.ts";
import { agreedSettings, removeMeshFile, writeMeshFile } from "../mesh-file.ts";
import { adminKeyPath, openAdminKey } from "./admin-key.ts";
import { formatStore, gatewayScheme, httpBase, readinessUrl } from "./addresses.ts";
import { openChild, type Child, type Command } from "./child.ts";
import { prepareDataDirectory } from "./data-directory.ts";
import { openDataLock } from "./data-lock.ts";
import { NATS_PORT, natsUrl, prepareNats, waitForNats } from "./embedded-nats.ts";
import { explainRedis, prepareRedis, REDIS_PORT, redisUrl, waitForRedis } from "./embedded-redis.ts";
import { keepRunning, type KeptProcess } from "./kept-process.ts";
import { endLeftovers, recordChild } from "./leftovers.ts";
import { openLogFile } from "./log-file.ts";
import { severeLines } from "./log-severity.ts";
import { explainNode, nodeEnvironment, PROJECT_DIR } from "./node-process.ts";
import { openMeshSecret, openServerPassword } from "./mesh-secret.ts";
import { checkPortFree, choosePort, findFreePort } from "./ports.ts";
import { findProgram, getProgram } from "./program.ts";
import { waitForReadiness } from "./readiness.ts";
import { startScreen } from "./screen.ts";
import { openStoreKeys } from "./store-key.ts";

/** Longer than the broker's own patience with work in flight. */
const NODE_GRACE_MS = 30_000;
const SERVER_GRACE_MS = 10_000;
const LOOPBACK = "127.0.0.1";

export interface RunOptions {
  readonly config: Config;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Where programs are looked for. */
  readonly folders: readonly string[];
  readonly nodeCommand: Command;
  /** How long a node may take until it is ready, in ms. */
  readonly patienceMs: number;
  /** Prints to the person at the terminal. */
  readonly say: (text: string) => void;
}

/** `stop`: end in good order. `kill`: end at once. */
export interface RunSignals { readonly stop: AbortSignal; readonly kill: AbortSignal }

/**
 * Runs until `stop`; leaves nothing running.
 * @throws StartError when it can't start or go on
 */
export async function runLectern(options: RunOptions, { stop, kill }: RunSignals): Promise<void> {
  const { config, env, folders, say } = options;
  const { dataDir } = config;
  const startedAt = performance.now();
  const closers: (() => void | Promise<void>)[] = [];
  const kept: KeptProcess[] = [];
  const stopped = new Promise<never>((_, reject) => {
    stop.addEventListener("abort", () => reject(stop.reason), { once: true });
    if (stop.aborted) reject(stop.reason);
  });
  stopped.catch(() => undefined); // raced below; between two races nobody listens
  kill.addEventListener("abort", () => kept.forEach((process) => process.kill()));

  /** Waits for a step, unless something ends everything. */
  const during = <T>(step: Promise<T>): Promise<T> => Promise.race([step, stopped, ...kept.map((process) => process.givenUp)]);

  const keep = (part: Part): KeptProcess => {
    const log = openLogFile(join(dataDir, "logs", `${part.id}.log`), (error) => say(`The log ${part.id}.log can't be written: ${error.message}`));
    const open = (): Child => {
      const severe = { out: severeLines(), err: () => true };
      const onLine = (line: string, from: "out" | "err"): void => {
        log.writeLine(line);
        if (part.showsFaults && severe[from](line)) say(line);
      };
      const child = openChild(part.command, { env: part.env, cwd: PROJECT_DIR, setpriv: findProgram("setpriv", folders), onLine });
      if (child.pid !== undefined) recordChild(dataDir, part.id, part.command.program, child.pid);
      return child;
    };
    const process = keepRunning({ ...part, open, logPath: log.path, say });
    kept.push(process);
    closers.push(async () => {
      await process.stop(part.graceMs);
      log.close();
    });
    return process;
  };

  try {
    prepareDataDirectory(dataDir);
    const lock = openDataLock(dataDir);
    closers.push(() => lock.close());
    const hasGateway = config.services.includes("gateway");
    if (hasGateway && config.httpPort !== 0) await checkPortFree(config.httpHost, config.httpPort);
    const advice = "run `npm start`, which installs it, or see scripts/setup.sh";
    getProgram(config.ffmpegPath, folders, `${advice}, or name it with LECTERN_FFMPEG`);
    getProgram(config.ffprobePath, folders, `${advice}, or name it with LECTERN_FFPROBE`);
    const natsProgram = config.natsUrl === undefined ? getProgram("nats-server", folders, `${advice}, or name a running one with LECTERN_NATS_URL`) : undefined;
    const redisProgram = config.redisUrl === undefined ? getProgram("redis-server", folders, `${advice}, or name a running one with LECTERN_REDIS_URL`) : undefined;
    await endLeftovers(dataDir);

    let nats = config.natsUrl;
    let redis = config.redisUrl;
    const shownServers: { nats?: string; redis?: string } = {};
    const servers: Promise<void>[] = [];
    const server = { env, showsFaults: false, graceMs: SERVER_GRACE_MS };
    if (natsProgram !== undefined) {
      const port = await choosePort(LOOPBACK, config.httpPort === NATS_PORT ? 0 : NATS_PORT);
      const password = openServerPassword(dataDir, "nats");
      [nats, shownServers.nats] = [natsUrl(port, password), natsUrl(port)];
      const command = prepareNats(natsProgram, dataDir, port, password);
      servers.push(keep({ ...server, id: "nats", name: "NATS", command, waitReady: (signal) => waitForNats(port, signal) }).ready);
    }
    if (redisProgram !== undefined) {
      const port = await choosePort(LOOPBACK, config.httpPort === REDIS_PORT ? 0 : REDIS_PORT);
      const password = openServerPassword(dataDir, "redis");
      [redis, shownServers.redis] = [redisUrl(port, password), redisUrl(port)];
      const command = prepareRedis(redisProgram, dataDir, port, password);
      servers.push(keep({ ...server, id: "redis", name: "Redis", command, explain: explainRedis, waitReady: (signal) => waitForRedis(port, password, signal) }).ready);
    }
    await during(Promise.all(servers));

    const httpPort = config.httpPort === 0 ? await findFreePort(config.httpHost) : config.httpPort;
    const metricsPort = config.metricsPort === 0 && !hasGateway ? await findFreePort(config.metricsHost) : config.metricsPort;
    const store = formatStore(config.store);
    const meshSecret = config.meshSecret ?? (natsProgram === undefined ? undefined : openMeshSecret(dataDir));
    const adminKey = config.access === "keys" && config.adminKeyHash === undefined ? openAdminKey(dataDir) : undefined;
    const adminKeyHash = adminKey === undefined ? config.adminKeyHash : hashKey(adminKey.key);
    const storeKeys = (env["LECTERN_STORE_KEYS"] ?? "") === "" ? openStoreKeys(config) : formatStoreKeys(config.storeKeys);
    const agreed = { ...env, ...(storeKeys === undefined ? {} : { LECTERN_STORE_KEYS: storeKeys }) };
    const found = { natsUrl: nats ?? "", redisUrl: redis ?? "", store, ...(meshSecret === undefined ? {} : { meshSecret }), ...(adminKeyHash === undefined ? {} : { adminKeyHash }) };
    const settings = {
      LECTERN_NATS_URL: found.natsUrl, LECTERN_REDIS_URL: found.redisUrl, LECTERN_STORE: store, LECTERN_DATA: dataDir, LECTERN_AUDIT_KEY: config.auditKey,
      LECTERN_HTTP_PORT: String(httpPort), LECTERN_METRICS_PORT: String(metricsPort), ...(meshSecret === undefined ? {} : { LECTERN_MESH_SECRET: meshSecret }),
      ...(adminKeyHash === undefined ? {} : { LECTERN_ADMIN_KEY_HASH: adminKeyHash }),
    };
    const node = keep({
      id: "node", name: "The node", command: options.nodeCommand, env: nodeEnvironment(agreed, settings, dataDir), showsFaults: true, graceMs: NODE_GRACE_MS, explain: explainNode,
      waitReady: (signal) => waitForReadiness(readinessUrl(config, httpPort, metricsPort), options.patienceMs, signal),
    });
    await during(node.ready);

    const httpUrl = hasGateway ? httpBase(config.httpHost, httpPort, gatewayScheme(config)) : undefined;
    writeMeshFile(dataDir, { ...found, pid: process.pid, agreed: agreedSettings(agreed), ...(httpUrl === undefined ? {} : { httpUrl }) });
    closers.push(() => removeMeshFile(dataDir));
    say(startScreen({
      httpUrl: httpUrl === undefined ? undefined : config.publicUrl ?? httpUrl, dataDir, store,
      natsUrl: shownServers.nats, redisUrl: shownServers.redis,
      tookMs: performance.now() - startedAt, newKey: adminKey?.isNew === true ? adminKey.key : undefined, keyPath: adminKey === undefined ? undefined : adminKeyPath(dataDir),
    }));
    await during(new Promise<never>(() => undefined));
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** One process of the three. */
interface Part {
  /** Names its log and its record. */
  readonly id: "nats" | "redis" | "node";
  readonly name: string;
  readonly command: Command;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Its warnings and errors go to the terminal too. */
  readonly showsFaults: boolean;
  readonly graceMs: number;
  readonly waitReady: (signal: AbortSignal) => Promise<void>;
  readonly explain?: (lines: readonly string[]) => string | undefined;
}
