import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { LIMIT_MS } from "../../../services/node/node.service.ts";
import { isSetting, settingsFault } from "../../support/settings-set.ts";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
const UNIT = readFileSync(`${PROJECT}/deploy/systemd/lectern@.service`, "utf8");
/** What bubblewrap asks of the kernel, beyond what any service does. */
const SANDBOX_CALLS = ["clone", "clone3", "unshare", "mount", "umount2", "pivot_root"];
/** Of ten; what keeps it from less is what FFmpeg's sandbox needs. */
const EXPOSURE = 3.2;

const values = (name: string): string[] => [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value]) => value ?? "");
const pairs = (text: string): Record<string, string> => Object.fromEntries(text.trim().split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));

describe("deploy/systemd", () => {
  let dir: string;
  let unit: string;
  const analyze = (...args: string[]): { status: number | null; stdout: string; stderr: string } => spawnSync("systemd-analyze", args, { encoding: "utf8" });
  const shared = pairs(readFileSync(`${PROJECT}/deploy/systemd/lectern.example.env`, "utf8"));
  const own = pairs((values("Environment")[0] ?? "").replaceAll(" ", "\n").replaceAll("%i", "gateway"));

  before(() => {
    dir = mkdtempSync(join(tmpdir(), "systemd-"));
    unit = join(dir, "lectern@.service");
    writeFileSync(unit, UNIT.replaceAll("/opt/lectern", PROJECT));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it("is a unit that systemd takes without a word, whose command is there", () => {
    const { status, stdout, stderr } = analyze("verify", unit);
    expect([status, stdout, stderr]).to.deep.equal([0, "", ""]);
  });

  it("is not exposed more than FFmpeg's sandbox needs", () => {
    const { status, stdout, stderr } = analyze("security", "--offline=yes", "--no-pager", `--threshold=${EXPOSURE * 10}`, unit);
    expect(status, stdout + stderr).to.equal(0);
  });

  it("lets FFmpeg's sandbox be made, with a /proc of its own", () => {
    const sets = values("SystemCallFilter")[0]?.split(" ") ?? [];
    const { stdout } = analyze("syscall-filter", "--no-pager", ...expand(sets));
    const allowed = stdout.split("\n").map((line) => line.trim());
    expect(SANDBOX_CALLS.filter((call) => !allowed.includes(call))).to.deep.equal([]);
    for (const name of ["ProtectProc", "ProcSubset", "ProtectKernelTunables", "ProtectKernelLogs", "ProtectHostname", "RestrictNamespaces", "MemoryDenyWriteExecute"]) expect(values(name), name).to.deep.equal([]);
  });

  it("tells the node alone to stop, and gives it the time that it takes", () => {
    expect(values("KillMode")).to.deep.equal(["mixed"]); // two signals would end it at once
    const takesSec = Number(shared["LECTERN_STOP_GRACE_SEC"]) + LIMIT_MS / 1000;
    expect(Number(values("TimeoutStopSec")[0])).to.be.greaterThan(takesSec).and.at.most(takesSec + 15);
    expect([values("Restart"), values("OOMPolicy")]).to.deep.equal([["always"], ["continue"]]);
  });

  it("says how everything is made that it reads", () => {
    const steps = UNIT.split("[Unit]")[0] ?? "";
    for (const path of [...values("EnvironmentFile").flatMap((file) => ["gateway", "worker"].map((node) => file.replace("%i", node))), shared["LECTERN_AUDIT_KEY"] ?? "", shared["LECTERN_STORE_KEYS"]?.replace("file:", "") ?? ""]) {
      expect(steps, path).to.match(new RegExp(`(> |/dev/stdin |example\\.env |openKeyFile\\(")${path}\\b`));
    }
  });

  it("sets only settings, with which a node starts", () => {
    const environment: Record<string, string> = { ...shared, ...own, LECTERN_SERVICES: "gateway" };
    expect(Object.keys(environment).filter((name) => name.startsWith("LECTERN_") && !isSetting(name))).to.deep.equal([]);
    expect(settingsFault(environment)).to.equal(undefined);
    expect(environment["LECTERN_DATA"]).to.equal(`/var/lib/${values("StateDirectory")[0]?.replace("%i", "gateway")}`);
  });

  /** A set names other sets. */
  function expand(sets: readonly string[]): string[] {
    const all = new Set<string>();
    const add = (name: string): void => {
      if (all.has(name)) return;
      all.add(name);
      for (const line of analyze("syscall-filter", "--no-pager", name).stdout.split("\n")) if (line.trim().startsWith("@") && line.startsWith("    ")) add(line.trim());
    };
    sets.forEach(add);
    return [...all];
  }
});
