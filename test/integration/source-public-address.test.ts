import { expect } from "chai";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMESPACE = ["--map-root-user", "--net"];

describe("a public origin", () => {
  it("is dialled at the address that was checked, by its own name in Host, SNI and certificate", function () {
    if (spawnSync("unshare", [...NAMESPACE, "true"]).status !== 0) {
      process.stdout.write("      not run: this machine gives no network namespace\n");
      this.skip();
    }
    this.timeout(20_000);
    const dir = mkdtempSync(join(tmpdir(), "public-origin-"));
    try {
      const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
      execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=lectures.example", "-addext", "subjectAltName=DNS:lectures.example"], { stdio: "ignore" });
      const script = "ip link set lo up && ip address add 93.184.216.34/32 dev lo && exec \"$@\"";
      const run = spawnSync("unshare", [...NAMESPACE, "sh", "-c", script, "sh", process.execPath, join(import.meta.dirname, "../support/public-origin.ts"), key, cert], { env: { ...process.env, NODE_EXTRA_CA_CERTS: cert }, encoding: "utf8" });
      expect(JSON.parse(run.stdout || "{}"), run.stderr).to.deep.equal({
        "http://lectures.example/": "part lectures.example undefined",
        "http://93.184.216.34/": "part 93.184.216.34 undefined",
        "https://lectures.example/": "part lectures.example lectures.example",
        "https://other.example/": "ERR_TLS_CERT_ALTNAME_INVALID",
      });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
