/**
 * A whole Ceph cluster with an S3 gateway, small enough to live for one test run: one monitor, one OSD that keeps
 * everything in memory, one radosgw, on free ports of 127.0.0.1. Between themselves they need no keys; S3 requests do.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findFreePort } from "./ports.ts";
import { hasProgram, makeTempDir, removeDir, runProcess, startProcess, type TestProcess } from "./processes.ts";

export interface CephS3 {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  stop(): Promise<void>;
}

const READY_MS = 120_000;
const ATTEMPTS = 5;

/** @throws Error when Ceph is not installed, saying how it gets there */
export async function startCeph(): Promise<CephS3> {
  if (!(await hasProgram("radosgw"))) throw new Error("The S3 tests need Ceph's radosgw, which is not installed: run `sh scripts/setup.sh --tests`, or name another S3 server in LECTERN_TEST_S3_ENDPOINT.");
  const dir = await makeTempDir("ceph");
  const running: TestProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((daemon) => daemon.kill())); // nothing of it is kept
    await removeDir(dir);
  };
  try {
    return { ...(await startCluster(dir, running)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startCluster(dir: string, running: TestProcess[]): Promise<Omit<CephS3, "stop">> {
  const [monitorPort, gatewayPort, fsid, osd] = [await findFreePort(), await findFreePort(), randomUUID(), randomUUID()];
  const conf = join(dir, "ceph.conf");
  const keyring = join(dir, "keyring");
  const monmap = join(dir, "monmap");
  const start = (command: string, args: string[], ready: RegExp): Promise<void> => insist(async () => {
    const daemon = await startProcess(command, ["-c", conf, "-f", ...args]);
    running.push(daemon);
    await daemon.said(ready, READY_MS);
  });
  const ask = (command: string, ...args: string[]): Promise<string> => insist(() => runProcess(command, ["-c", conf, ...args]));

  await Promise.all(["mon", "osd", "run", "log"].map((name) => mkdir(join(dir, name))));
  await writeFile(conf, configuration(dir, fsid, monitorPort, gatewayPort));
  await runProcess("ceph-authtool", ["--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"]);
  await runProcess("monmaptool", ["--create", "--clobber", "--addv", "a", `[v1:127.0.0.1:${monitorPort}]`, "--fsid", fsid, monmap]);
  await runProcess("ceph-mon", ["-c", conf, "-i", "a", "--mkfs", "--monmap", monmap, "--keyring", keyring]);
  await start("ceph-mon", ["-i", "a"], /mon\.a@0\(leader\)/);

  // A memory store ignores --osd-uuid and would invent its own, which the monitor then refuses.
  await writeFile(join(dir, "osd", "fs_fsid"), `${osd}\n`);
  await Promise.all([
    runProcess("ceph-osd", ["-c", conf, "-i", "0", "--mkfs", "--osd-uuid", osd]),
    ask("ceph", "--connect-timeout", "30", "osd", "new", osd),
  ]);
  await start("ceph-osd", ["-i", "0"], /state: booting -> active/);
  await start("radosgw", ["-n", "client.rgw.a"], /starting handler: beast/);
  const user = { accessKeyId: randomBytes(10).toString("hex"), secretAccessKey: randomBytes(20).toString("hex") };
  await ask("radosgw-admin", "-n", "client.rgw.a", "user", "create", "--uid=lectern", "--display-name=lectern",
    `--access-key=${user.accessKeyId}`, `--secret-key=${user.secretAccessKey}`);
  return { endpoint: `http://127.0.0.1:${gatewayPort}`, ...user };
}

/**
 * Ceph's programs may speak to the monitor before it has told them the cluster's id. It then refuses them ("wrong fsid")
 * and they end at once: an OSD did so one time in six.
 */
async function insist<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt === ATTEMPTS || (error instanceof Error && error.message.includes("did not say"))) throw error;
    }
  }
}

function configuration(dir: string, fsid: string, monitorPort: number, gatewayPort: number): string {
  return `
[global]
fsid = ${fsid}
mon_host = [v1:127.0.0.1:${monitorPort}]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
public_network = 127.0.0.0/8
ms_bind_ipv6 = false
ms_bind_msgr2 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = false
keyring = ${dir}/keyring
run_dir = ${dir}/run
admin_socket = ${dir}/run/$name.$pid.asok
pid_file =
log_file =
log_to_file = false
log_to_stderr = true
err_to_stderr = true
crash_dir = ${dir}/log
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
[mon]
mon_data = ${dir}/mon
mon_data_avail_crit = 1
mon_data_avail_warn = 2
mon_cluster_log_to_file = false
[osd]
osd_data = ${dir}/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
debug_osd = 1
[client.rgw.a]
rgw_frontends = beast endpoint=127.0.0.1:${gatewayPort} tcp_nodelay=1
rgw_thread_pool_size = 64
rgw_enable_usage_log = false
`;
}
