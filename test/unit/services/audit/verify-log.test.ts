/** Each way to change a log, and the one check that finds it. */
import { expect } from "chai";
import { formatLines, hashRecord, NOTHING, signHead, type AuditRecord, type Checkpoint, type Head } from "../../../../services/audit/chain/chain.ts";
import { canonicalJson } from "../../../../services/audit/chain/canonical-json.ts";
import type { SigningKey } from "../../../../services/audit/chain/signing-key.ts";
import { verifyLog, type Report } from "../../../../services/audit/verify/verify-log.ts";
import { append, auditLog, freshKey, recount, type AuditLog } from "../../../support/audit-log.ts";

describe("an export of the audit log", () => {
  let log: AuditLog;
  let lines: string[];

  /** Two chains, checkpoints in between and at the end. */
  beforeEach(async () => {
    log = auditLog();
    const [a, b] = [log.openWriter("a"), log.openWriter("b")];
    const checkpoints = log.checkpoints();
    await append(a, "v1", "v2");
    await append(b, "w1");
    await checkpoints.make();
    log.pass(3_600_000);
    await append(a, "v3", "v4");
    await append(b, "w2");
    await checkpoints.make();
    lines = await log.lines();
  });

  const verify = (changed: readonly string[], known?: Checkpoint, trusted = [log.key.certificate]): Promise<Report> => verifyLog(changed, { trusted, ...(known === undefined ? {} : { known }) });
  /** The checks that complain, each once. */
  const found = async (changed: readonly string[], known?: Checkpoint): Promise<string[]> => {
    const { verdict, faults } = await verify(changed, known);
    expect(verdict).to.equal(faults.length === 0 ? "intact" : "tampered");
    return [...new Set(faults.map(({ check }) => check))];
  };
  const at = (test: (line: { kind: string } & Record<string, unknown>) => boolean): number => lines.findIndex((line) => test(JSON.parse(line) as { kind: string }));
  const record = (chain: string, seq: number): number => at((line) => line.kind === "record" && line["chain"] === `eu/${chain}` && line["seq"] === seq);
  const head = (chain: string, seq: number): number => at((line) => line.kind === "head" && line["chain"] === `eu/${chain}` && line["seq"] === seq);
  const without = (...indexes: number[]): string[] => recount(lines.filter((_, index) => !indexes.includes(index)));
  const withLine = (index: number, line: string): string[] => lines.with(index, line);
  const isOf = (chain: string) => (line: string): boolean => line.includes(`"chain":"eu/${chain}"`) && !line.includes("\"kind\":\"checkpoint\"");
  const noCheckpoints = (all: readonly string[]): string[] => recount(all.filter((line) => !line.includes("\"kind\":\"checkpoint\"")));

  it("is intact as it was written", async () => {
    const { verdict, counts, lastCheckpoint } = await verify(lines);
    expect(verdict).to.equal("intact");
    expect(counts).to.deep.equal({ lines: lines.length, records: 8, heads: 6, checkpoints: 2, keys: 1, droppedDays: 0, chains: 2, open: 2, unended: 0 });
    expect(lastCheckpoint?.n).to.equal(2);
  });

  it("shows a changed value, by the record's hash", async () => {
    const index = record("a", 3);
    expect(await found(withLine(index, (lines[index] ?? "").replace("v2", "x2")))).to.deep.equal(["hash"]);
  });

  it("shows each flipped bit of a record, a head and a checkpoint", async function () {
    this.timeout(60_000); // a thousand signatures
    for (const index of [record("b", 2), head("b", 2), at((line) => line.kind === "checkpoint")]) {
      const bytes = Buffer.from(lines[index] ?? "");
      for (let n = 0; n < bytes.length; n++) {
        const flipped = Buffer.from(bytes);
        flipped[n] = (flipped[n] ?? 0) ^ 1;
        expect((await verify(withLine(index, flipped.toString("latin1")))).verdict, flipped.toString("latin1")).to.equal("tampered");
      }
    }
  });

  it("shows a record that was left out, by the gap", async () => {
    expect(await found(without(record("a", 3), head("a", 3)))).to.deep.equal(["order"]);
  });

  it("shows two that changed places, by their order", async () => {
    const [writer, checkpoints] = [log.openWriter("c"), log.checkpoints()];
    await Promise.all([append(writer, "x1"), append(writer, "x2"), append(writer, "x3")]); // one write
    await checkpoints.make();
    lines = await log.lines();
    const [first, second] = [record("c", 2), record("c", 3)];
    expect(await found(lines.with(first, lines[second] ?? "").with(second, lines[first] ?? ""))).to.deep.equal(["order"]);
  });

  it("shows a record that follows another than it did, by the link", async () => {
    const index = record("a", 5);
    const forged = JSON.parse(lines[index] ?? "") as AuditRecord;
    forged.prev = "1".repeat(64);
    forged.hash = hashRecord(forged);
    const rehead = signHead(log.key, { chain: forged.chain, seq: 5, hash: forged.hash }, forged.at);
    expect(await found(noCheckpoints(lines.with(index, canonicalJson(forged)).with(head("a", 5), canonicalJson(rehead))))).to.deep.equal(["link"]);
  });

  it("shows a tail that was cut off, by a checkpoint", async () => {
    expect(await found(without(record("a", 5), head("a", 5)))).to.deep.equal(["tail"]);
    expect(await found(noCheckpoints(without(record("a", 5), head("a", 5)))), "nothing else knows of it").to.deep.equal([]);
  });

  it("shows a tail that nobody signed for", async () => {
    expect(await found(without(head("a", 5)))).to.deep.equal(["unsigned"]);
  });

  it("shows a chain that is gone, by a checkpoint", async () => {
    const gone = recount(lines.filter((line) => !isOf("b")(line)));
    expect(await found(gone)).to.deep.equal(["missing"]);
    expect(await found(noCheckpoints(gone)), "nothing else knows of it").to.deep.equal([]);
  });

  /** All of a chain anew, with other content and with hashes that are right. */
  const rewrite = (signAgain: (head: Head) => Head): string[] => {
    let prev = NOTHING;
    return lines.map((line) => {
      if (!isOf("a")(line)) return line;
      const value = JSON.parse(line) as AuditRecord | Head;
      if (value.kind === "head") return canonicalJson(signAgain({ ...value, hash: prev }));
      const changed: AuditRecord = { ...value, prev, ...(value.target === undefined ? {} : { target: { video: "another" } }) };
      changed.hash = prev = hashRecord(changed);
      return canonicalJson(changed);
    });
  };

  it("shows a chain that was written anew with hashes that are right, by the signatures", async () => {
    expect(await found(noCheckpoints(rewrite((head) => head)))).to.deep.equal(["signature"]);
  });

  it("shows one that was signed by a stranger's key, shown or not, by the key", async () => {
    const stranger = freshKey();
    const forged = noCheckpoints(rewrite(({ key: _key, signature: _signature, ...place }) => stranger.sign(place)));
    expect(await found(forged)).to.deep.equal(["key"]);
    expect(await found(recount([...forged.slice(0, 1), canonicalJson(stranger.certificate), ...forged.slice(1)]))).to.deep.equal(["key"]);
  });

  it("shows one that whoever has the key has signed anew, by a checkpoint that is not of theirs to change", async () => {
    const forged = rewrite(({ key: _key, signature: _signature, ...place }) => log.key.sign(place));
    expect(await found(forged)).to.deep.equal(["checkpoint"]);
    expect(await found(noCheckpoints(forged)), "the key opens everything else").to.deep.equal([]);
    const known = (await log.reader.lastCheckpoint()) as Checkpoint;
    expect(await found(noCheckpoints(forged), known)).to.deep.equal(["checkpoint", "known"]);
  });

  it("shows all of it written anew, checkpoints too, by whoever has the key, by a checkpoint that was kept", async () => {
    const other = auditLog({ key: log.key });
    const [a, checkpoints] = [other.openWriter("a"), other.checkpoints()];
    for (const video of ["x1", "x2"]) {
      await append(a, video);
      await checkpoints.make();
    }
    const forged = await other.lines();
    expect(await found(forged)).to.deep.equal([]);
    expect(await found(forged, (await log.reader.lastCheckpoint()) as Checkpoint)).to.include("known");
  });

  it("shows a checkpoint that was left out, by the next, and the last by one that was kept", async () => {
    const [first, second] = [at((line) => line.kind === "checkpoint" && line["n"] === 1), at((line) => line.kind === "checkpoint" && line["n"] === 2)];
    expect(await found(without(first))).to.deep.equal(["checkpoints"]);
    expect(await found(without(second))).to.deep.equal([]);
    expect(await found(without(second), JSON.parse(lines[second] ?? "") as Checkpoint)).to.deep.equal(["known"]);
    expect(await found(lines, JSON.parse(lines[first] ?? "") as Checkpoint)).to.deep.equal([]);
  });

  it("shows a second spelling of the same values", async () => {
    const index = record("a", 2);
    expect(await found(withLine(index, (lines[index] ?? "").replace("{", "{ ")))).to.include("form");
    expect(await found(withLine(index, (lines[index] ?? "").replace("{", "{\"result\":\"forbidden\",")))).to.include("form");
  });

  it("is incomplete without its last line, and shows lines that were added to it", async () => {
    expect((await verify(lines.slice(0, -1))).verdict).to.equal("incomplete");
    expect((await verify([])).verdict).to.equal("incomplete");
    expect(await found([...lines.slice(0, -1), lines[0] ?? "", ...lines.slice(-1)])).to.deep.equal(["end"]);
  });

  it("proves nothing without a key that is trusted", async () => {
    expect((await verify(lines, undefined, [])).verdict).to.equal("unproven");
    expect((await verify(lines, undefined, [freshKey().certificate])).verdict).to.equal("tampered");
  });

  it("is read as a stranger's, whatever is in it", async () => {
    for (const line of ["{}", "[]", "null", "\"record\"", "{\"kind\":\"record\"}", "{\"kind\":\"head\"}", "{\"kind\":\"checkpoint\"}", "{\"kind\":\"checkpoint\",\"heads\":[null],\"n\":1,\"prev\":\"\"}", "{\"kind\":\"dropped\"}", "{\"kind\":\"dropped\",\"spans\":[{}]}", "{\"kind\":\"key\"}", "{\"kind\":\"x\"}", "{", "\u0000"]) {
      expect((await verify(recount([...lines.slice(0, 3), line, ...lines.slice(3)]))).verdict, line).to.equal("tampered");
    }
  });

  it("goes on under a key that the one before has signed, and under no other", async () => {
    const go = async (next: SigningKey): Promise<Report> => {
      const rotated = auditLog({ key: log.key });
      rotated.publish(next);
      await append(rotated.openWriter("a"), "v1");
      await append(rotated.openWriter("c", next), "v2");
      await rotated.checkpoints(undefined, next).make();
      return await verify(await rotated.lines());
    };
    const second = freshKey(log.key);
    expect((await go(second)).verdict).to.equal("intact");
    expect((await go(freshKey())).faults.map(({ check }) => check)).to.deep.equal(["key", "key"]);
    expect((await go(freshKey(freshKey()))).faults.map(({ check }) => check)).to.deep.equal(["key", "key"]);
    const stranger = freshKey();
    const claimed = { ...stranger, certificate: { ...stranger.certificate, signedBy: log.key.certificate.key, signature: freshKey(log.key).certificate.signature ?? "" } };
    expect((await go(claimed)).faults.map(({ check }) => check), "it only says that it was signed").to.deep.equal(["key", "key"]);
    expect(formatLines([second.certificate]).includes("PRIVATE")).to.equal(false);
  });

  it("loses days whose time is over to a note, and stays intact; without the note it does not", async () => {
    const old = auditLog({ key: log.key, days: 2 });
    const [writer, checkpoints] = [old.openWriter("a"), old.checkpoints()];
    for (let day = 0; day < 5; day++) {
      await append(writer, `v${day}`);
      await checkpoints.make();
      old.pass(86_400_000);
    }
    expect(await old.sweep()).to.deep.equal(["2026-11-26", "2026-11-27", "2026-11-28"]);
    expect(await old.sweep()).to.deep.equal([]);
    await append(writer, "v5");
    await checkpoints.make();
    const kept = await old.lines();
    const report = await verify(kept);
    expect(report).to.deep.include({ verdict: "intact", faults: [] });
    expect(report.counts).to.include({ records: 3, droppedDays: 3, checkpoints: 3 });
    expect(await found(recount(kept.filter((line) => !line.includes("\"kind\":\"dropped\""))))).to.deep.equal(["checkpoints", "order"]);
  });
});
