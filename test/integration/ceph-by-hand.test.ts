/** The S3 server of `deploy/ceph`, started as its image does: it keeps what it was given when all of it is killed. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { openS3Store } from "../../services/storage/s3-store.ts";
import { findProcesses } from "../support/lectern-process.ts";
import { findFreePort } from "../support/ports.ts";
import { makeTempDir, removeDir, startProcess, type TestProcess } from "../support/processes.ts";

const START = fileURLToPath(new URL("../../deploy/ceph/start.sh", import.meta.url));

const PATH = process.env["PATH"] ?? "";

describe("deploy/ceph", function () {
  this.timeout(180_000);
  let dir: string;
  let env: Record<string, string>;

  before(async () => {
    dir = await makeTempDir("s3");
    env = { CEPH_DATA: dir, CEPH_SIZE: "4G", S3_HOST: "127.0.0.1", S3_PORT: String(await findFreePort()), MONITOR_PORT: String(await findFreePort()), S3_ACCESS_KEY: "access", S3_SECRET_KEY: "secret" };
  });
  after(async () => {
    killAll();
    await removeDir(dir);
  });

  const killAll = (): void => findProcesses(dir).forEach((pid) => process.kill(pid, "SIGKILL"));
  const start = async (path = PATH): Promise<TestProcess> => {
    const server = await startProcess("bash", [START], { env: { ...env, PATH: path } });
    await server.said(/^S3 on /m, 80_000);
    return server;
  };
  /** A folder whose `ceph-osd` ends the first time that it is to serve, as one does that the monitor refused. */
  const refuseOnce = async (): Promise<string> => {
    const bin = join(dir, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "ceph-osd"), `#!/bin/sh
case "$*" in *--mkfs*) ;; *) if mkdir ${bin}/refused 2>/dev/null; then exit 1; fi ;; esac
PATH="\${PATH#*:}" exec ceph-osd "$@"
`, { mode: 0o755 });
    return bin;
  };
  const openStore = () => openS3Store({ bucket: "lectern", endpoint: `http://127.0.0.1:${env["S3_PORT"]}`, credentials: { accessKeyId: "access", secretAccessKey: "secret" } });

  it("makes what is not there yet, also when a part is refused at first, keeps it when it is killed, and lets nobody make an object twice", async () => {
    const server = await start(`${await refuseOnce()}:${PATH}`);
    const store = await openStore();
    const puts = await Promise.all(["a", "b", "c", "d", "e"].map((text) => store.put("one", Buffer.from(text), { ifAbsent: true })));
    expect(puts.filter(({ stored }) => stored)).to.have.length(1);
    const kept = (await store.get("one"))?.toString();
    killAll();
    await server.exited;
    const again = await start();
    expect((await (await openStore()).get("one"))?.toString()).to.equal(kept).and.to.match(/^[a-e]$/);
    await again.stop();
    expect(findProcesses(dir)).to.deep.equal([]);
  });
});
