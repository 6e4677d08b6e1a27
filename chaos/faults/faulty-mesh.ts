/** A whole Lectern that can be hurt everywhere: what the start program starts, and two nodes with FFmpeg that joined it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { SERVICES } from "../../config/services.ts";
import type { NodeRow } from "../../services/operator/operator.contract.ts";
import { api } from "../../test/support/api.ts";
import { findProcesses, type LecternProcess } from "../../test/support/lectern-process.ts";
import { joinMesh, leaveMesh, startMesh } from "../../test/support/mesh.ts";
import { startNats } from "../../test/support/nats.ts";
import { makeTempDir, removeDir } from "../../test/support/processes.ts";
import { startRedis } from "../../test/support/redis.ts";
import { freshBucket, s3Environment, type TestS3 } from "../../test/support/s3.ts";
import { startS3FaultProxy, type S3FaultProxy } from "../../test/support/s3-fault-proxy.ts";
import { startOrigin } from "../../test/support/test-origin.ts";
import { openWriteJournal } from "./write-journal.ts";
import { within } from "./within.ts";

/** As it is without a setting. */
const NAMESPACE = "lectern";
const DISK_MB = 256;
/** Of source blocks on a worker's disk, and as many again of copies. */
const CACHE_MB = 64;
const SETTLE_MS = 60_000;
const SETTLE_LOOK_MS = 250;
const REDIS_ARGS = ["--enable-debug-command", "yes"];

export interface Worker {
  id: string;
  process: LecternProcess;
  /** Its way to the store. */
  store: S3FaultProxy;
  /** A file system of its own, with its data directory. */
  disk: string;
}

/** @param s3 the store behind all; its own faults are the proxies' */
export async function openFaultyMesh(s3: TestS3) {
  const opened = new AsyncDisposableStack();
  try {
    return await openParts(s3, opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** @param opened gets what closes each part */
async function openParts(s3: TestS3, opened: AsyncDisposableStack) {
  const dir = await makeTempDir("faults");
  opened.defer(() => removeDir(dir));
  const bucket = freshBucket();
  const journal = openWriteJournal(bucket);
  const redisDir = join(dir, "redis");
  mkdirSync(redisDir);
  let nats = await startNats();
  opened.defer(() => nats.kill());
  let redis = await startRedis({ durable: true, dir: redisDir, args: REDIS_ARGS });
  opened.defer(() => redis.kill());
  const origin = await startOrigin();
  opened.defer(() => origin.stop());
  const stores = await Promise.all(["first", "a", "b"].map(async (name) => {
    const proxy = await startS3FaultProxy(s3.endpoint);
    opened.defer(() => proxy.stop());
    proxy.onAnswer = (line, status) => journal.note(name, line, status);
    return proxy;
  }));
  const settings = (store: S3FaultProxy): Record<string, string> => ({
    LECTERN_NATS_URL: nats.url, LECTERN_REDIS_URL: redis.url, LECTERN_SOURCE_ALLOW: origin.hostPort, LECTERN_ACCESS: "open", ...s3Environment({ ...s3, endpoint: store.endpoint }, bucket),
  });
  const [firstStore, ...workerStores] = stores as [S3FaultProxy, ...S3FaultProxy[]];
  const data = join(dir, "data");
  const first = await startMesh({ dataDir: data, settings: { ...settings(firstStore), LECTERN_SERVICES: SERVICES.filter((name) => name !== "transcoder").join(",") } });
  opened.defer(() => first.stop());
  const joinWorker = (id: string, store: S3FaultProxy, disk: string): Promise<LecternProcess> => (
    joinMesh(first, ["--services", "transcoder", "--node-id", id, "--slots", "1"], { ...settings(store), LECTERN_DATA: disk, LECTERN_SOURCE_CACHE_MB: String(CACHE_MB) })
  );
  const workers: Worker[] = [];
  for (const [index, store] of workerStores.entries()) {
    const id = `worker-${index}`;
    const disk = join(dir, id);
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MB}m`, "tmpfs", disk]);
    opened.defer(() => void execFileSync("umount", [disk]));
    const worker: Worker = { id, store, disk, process: await joinWorker(id, store, disk) };
    workers.push(worker);
    opened.defer(async () => void (await leaveMesh(worker.process)));
  }
  const client = new Redis(redis.url, { retryStrategy: () => 100, enableOfflineQueue: false, commandTimeout: 2_000 });
  client.on("error", () => undefined); // it is killed on purpose
  opened.defer(() => client.disconnect());
  const lectern = api(first.httpUrl);

  const mesh = {
    namespace: NAMESPACE, first, lectern, workers, stores, origin, journal, redisDir, s3, bucket,
    redis: client,
    ports: { nats: nats.port, redis: redis.port },
    /** Places where nodes keep files. */
    disks: [data, ...workers.map(({ disk }) => disk)],
    /** The node itself, without what started it and what it started. */
    pidOf({ id }: Worker): number {
      const [pid] = findProcesses(`LECTERN_NODE_ID=${id}`).filter((one) => findProcesses("bin/broker.ts").includes(one));
      if (pid === undefined) throw new Error(`no process is the node ${id}`);
      return pid;
    },
    async nodes(): Promise<NodeRow[]> {
      return ((await (await fetch(`${first.httpUrl}/v1/nodes`)).json()) as { nodes: NodeRow[] }).nodes;
    },
    /** Puts another process in the place of one that has ended, or ends now. */
    async rejoin(worker: Worker): Promise<void> {
      worker.process.child.kill("SIGTERM");
      await worker.process.exited;
      worker.process = await joinWorker(worker.id, worker.store, worker.disk);
    },
    async killNats(): Promise<() => Promise<void>> {
      await nats.kill();
      return async () => { nats = await startNats({ port: mesh.ports.nats }); };
    },
    /** @param before is called while it is away */
    async killRedis(before: () => void = () => undefined): Promise<() => Promise<void>> {
      await redis.kill();
      before();
      return async () => { redis = await startRedis({ durable: true, dir: redisDir, port: mesh.ports.redis, args: REDIS_ARGS }); };
    },
    /** Resolves when every node is there and takes work. */
    async settle(): Promise<void> {
      await within(SETTLE_MS, "every node takes work again", async () => {
        const ready = await fetch(`${first.httpUrl}/health/ready`).then(({ status }) => status === 200, () => false);
        if (!ready) return false;
        const rows = await mesh.nodes();
        return workers.every(({ id }) => rows.some((row) => row.id === id && row.available && row.state === "active"));
      }, SETTLE_LOOK_MS);
    },
    /** What the nodes wrote into their logs, for whoever looks for a reason. */
    logs(): Record<string, string> {
      const own = Object.fromEntries(readdirSync(join(data, "logs")).map((name) => [name, readFileSync(join(data, "logs", name), "utf8")]));
      return { ...own, "start.log": first.output(), ...Object.fromEntries(workers.map(({ id, process }) => [`${id}.log`, process.output()])) };
    },
    close: () => opened.disposeAsync(),
  };
  return mesh;
}

export type FaultyMesh = Awaited<ReturnType<typeof openFaultyMesh>>;
