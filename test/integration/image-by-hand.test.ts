/** What the Dockerfile does, done by hand: its packages, its files, its environment, its commands, by a user who owns nothing of it. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, copyFileSync, cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { getInstruction, readContext, readEnvironment, readStages } from "../support/dockerfile.ts";
import { eventually } from "../support/eventually.ts";
import { findFreePort } from "../support/ports.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { freshNamespace, sharedNats, sharedRedis } from "../support/servers.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

describe("the image, made by hand", function () {
  this.timeout(90_000);
  const image = readStages().at(-1);
  let dir: string;
  let environment: Record<string, string>;
  const asUser = process.getuid?.() === 0 ? ["--reuid", "1000", "--regid", "1000", "--clear-groups"] : [];
  const command = (words: readonly string[]): string[] => ["--pdeathsig", "KILL", "--no-new-privs", ...asUser, "--", ...words];
  const options = () => ({ cwd: join(dir, "app"), env: environment });

  before(async () => {
    dir = await makeTempDir("image");
    chmodSync(dir, 0o755);
    for (const name of ["app", "bin", "data"]) mkdirSync(join(dir, name));
    if (asUser.length > 0) chownSync(join(dir, "data"), 1000, 1000);
    copyFileSync(process.execPath, join(dir, "bin/node"));
    for (const name of readContext()) cpSync(join(PROJECT, name), join(dir, "app", name), { recursive: true });
    copyPackages();
    environment = {
      ...readEnvironment(image), NODE_COMPILE_CACHE: join(dir, "app/compiled"), PATH: `${join(dir, "bin")}:/usr/local/bin:/usr/bin:/bin`, LECTERN_DATA: join(dir, "data"),
      LECTERN_HTTP_HOST: "127.0.0.1", LECTERN_HTTP_PORT: String(await findFreePort()), LECTERN_METRICS_HOST: "127.0.0.1", LECTERN_METRICS_PORT: String(await findFreePort()),
      LECTERN_NATS_URL: (await sharedNats()).url, LECTERN_REDIS_URL: (await sharedRedis()).url, LECTERN_NAMESPACE: freshNamespace(),
    };
  });
  after(() => removeDir(dir));

  /** What `npm ci --omit=dev` leaves, and the RUN after it, by the lock. */
  function copyPackages(): void {
    const { packages } = JSON.parse(readFileSync(join(PROJECT, "package-lock.json"), "utf8")) as { packages: Record<string, { dev?: boolean; devOptional?: boolean }> };
    const kept = new Set(Object.entries(packages).filter(([, { dev, devOptional }]) => dev !== true && devOptional !== true).map(([path]) => join(PROJECT, path)));
    const folders = new Set(Object.keys(packages).map((path) => join(PROJECT, path)));
    cpSync(join(PROJECT, "node_modules"), join(dir, "app/node_modules"), {
      recursive: true, verbatimSymlinks: true,
      filter: (path) => !(folders.has(path) && !kept.has(path)) && !/node_modules\/(\.|typescript$|@typescript$|node$|node-bin)/.test(path),
    });
  }

  /** The RUN after the files have come, where it may change users; else what it runs, by this one. */
  function compile(): void {
    const step = getInstruction(image, "RUN").text.replace("node:node", "1000:1000");
    const byHand = asUser.length > 0 ? step : "mkdir compiled && node bin/compile-code.ts";
    const { status, stderr } = spawnSync("sh", ["-c", byHand], { ...options(), encoding: "utf8" });
    if (status !== 0) throw new Error(`${byHand} ended with ${status}: ${stderr}`);
  }

  it("answers, serves its pages, is found well, and goes when it is told to", async () => {
    const [program = "", ...args] = getInstruction(image, "CMD").words;
    compile();
    const node = spawn("setpriv", command([program, ...args]), { ...options(), env: { ...environment, NODE_DEBUG_NATIVE: "COMPILE_CACHE" }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [node.stdout, node.stderr]) stream.on("data", (chunk: Buffer) => { output += chunk.toString(); });
    const url = `http://127.0.0.1:${environment["LECTERN_HTTP_PORT"]}`;
    const check = (): number | null => spawnSync("setpriv", command(getInstruction(image, "HEALTHCHECK").words), options()).status;
    expect(check()).to.equal(1);
    await eventually(async () => {
      if (node.exitCode !== null) throw new Error(`it ended:\n${output}`);
      return await fetch(`${url}/health/ready`).then(({ status }) => status === 200, () => false);
    });
    expect(await (await fetch(`${url}/`)).text()).to.include("<html");
    expect((await fetch(`${url}/openapi.json`)).status).to.equal(200);
    expect(check()).to.equal(0);
    node.kill("SIGTERM");
    await once(node, "exit");
    expect(node.exitCode, output).to.equal(0);
    expect(check()).to.equal(1);
    const looks = output.split("\n").filter((line) => line.startsWith("[compile cache] "));
    expect(looks.filter((line) => line.includes("... success")).length, "modules of the command and of the node").to.be.above(1_500);
    expect(looks.filter((line) => /no such file|mismatch|rejected/.test(line)), "what was still to compile").to.deep.equal([]);
  });
});
