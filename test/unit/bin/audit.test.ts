import { expect } from "chai";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAuditArguments } from "../../../bin/audit/audit-arguments.ts";
import { readSigningKey, rotateKey } from "../../../bin/audit/rotate-key.ts";
import { EXIT_CODES, formatReport, verifyFile } from "../../../bin/audit/verify-audit.ts";
import { isCertifiedBy, makeSigningKey } from "../../../services/audit/chain/signing-key.ts";
import { append, auditLog } from "../../support/audit-log.ts";
import { rejection } from "../../support/rejection.ts";

describe("npm run audit", () => {
  let dir: string;
  beforeEach(() => { dir = mkdtempSync(join(tmpdir(), "lectern-audit-")); });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("understands its command line, and nothing else", () => {
    expect(parseAuditArguments(["export"])).to.deep.equal({ kind: "export" });
    expect(parseAuditArguments(["export", "a", "--url", "http://x/"])).to.deep.equal({ kind: "export", file: "a", url: "http://x" });
    expect(parseAuditArguments(["verify", "a", "--key", "k", "--key", "l", "--since-checkpoint", "c", "--json"])).to.deep.equal({ kind: "verify", file: "a", keys: ["k", "l"], since: "c", json: true });
    expect(parseAuditArguments(["key"])).to.deep.equal({ kind: "key" });
    for (const wrong of [[], ["verify"], ["prove"], ["export", "a", "b"], ["export", "--json"], ["key", "a"], ["rotate", "a"], ["verify", "a", "--url", "http://x"], ["export", "--url", "ftp://x"], ["--x"]]) expect(parseAuditArguments(wrong).kind, wrong.join(" ")).to.equal("fault");
  });

  it("verifies a file, with the key of this machine's mesh where none is named", async () => {
    const own = join(dir, "audit.key");
    writeFileSync(own, makeSigningKey(new Date()));
    const log = auditLog({ key: readSigningKey(own) });
    await append(log.openWriter("a"), "v1");
    await log.checkpoints().make();
    const lines = await log.lines();
    const file = join(dir, "a.ndjson");
    const verify = async (text: string, keys: string[] = [], key = own, since?: string) => {
      writeFileSync(file, text);
      return await verifyFile(file, keys, key, since);
    };
    const whole = `${lines.join("\n")}\n`;
    expect(formatReport(await verify(whole))).to.match(/^Checked 2 records of 1 chains, 1 signed heads, 1 checkpoints, 1 keys, 0 days[\s\S]*\nINTACT: /);
    expect((await verify(`\n> lectern@0.1.0 audit\n> sh scripts/setup.sh && exec node bin/audit.ts export\n\n${whole}`)).verdict, "what npm says before it").to.equal("intact");
    expect((await verify(whole, [], join(dir, "none"))).verdict).to.equal("unproven");
    expect((await verify(lines.slice(0, -1).join("\n"))).verdict).to.equal("incomplete");
    const changed = await verify(whole.replace("\"video\":\"v1\"", "\"video\":\"v2\""));
    expect(formatReport(changed)).to.match(/line \d+: eu\/a at 2 is not what its hash says \(hash\)\nTAMPERED: /);
    expect(EXIT_CODES).to.deep.equal({ intact: 0, tampered: 1, unproven: 2, incomplete: 2 });
    writeFileSync(join(dir, "kept"), whole);
    expect((await verify(whole, [own], own, join(dir, "kept"))).verdict).to.equal("intact");
    for (const work of [() => verify(whole, [file]), () => verify(whole, [join(dir, "none")]), () => verify(whole, [own], own, own), () => verifyFile(join(dir, "none"), [own], own, undefined)]) expect(await rejection(work(), "it")).to.have.property("name", "StartError");
  });

  it("puts another key in the place of one, which signs it and stays beside it", () => {
    const path = join(dir, "audit.key");
    writeFileSync(path, makeSigningKey(new Date()), { mode: 0o600 });
    const before = readSigningKey(path);
    const after = rotateKey(path, new Date());
    expect(readSigningKey(path).certificate).to.deep.equal(after.certificate);
    expect(isCertifiedBy(after.certificate, before.certificate)).to.equal(true);
    expect(isCertifiedBy(before.certificate, after.certificate)).to.equal(false);
    expect(readdirSync(dir).toSorted()).to.deep.equal(["audit.key", `audit.key.${before.certificate.key}`]);
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o777).to.equal(0o600);
    expect(readFileSync(path, "utf8")).to.include("PRIVATE KEY");
    expect(() => rotateKey(join(dir, "none"), new Date())).to.throw("holds no key");
  });
});
