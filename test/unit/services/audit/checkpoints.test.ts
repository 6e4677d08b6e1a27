import { expect } from "chai";
import { openCheckpoints } from "../../../../services/audit/checkpoints.ts";
import { verifyLog } from "../../../../services/audit/verify/verify-log.ts";
import { append, auditLog, quiet, REGION, type AuditLog } from "../../../support/audit-log.ts";

describe("checkpoints of the audit log", () => {
  let log: AuditLog;
  beforeEach(() => { log = auditLog(); });
  const stored = (): string[] => [...log.storage.objects.keys()].filter((key) => key.includes("/checkpoints/"));
  const intact = async (): Promise<boolean> => (await verifyLog(await log.lines(), { trusted: [log.key.certificate] })).verdict === "intact";

  it("are made when there is something new, by whoever, and say how far each chain is", async () => {
    const [a, b] = [log.openWriter("a"), log.openWriter("b")];
    const [one, other] = [log.checkpoints(), log.checkpoints()];
    expect(await one.make()).to.equal(undefined);
    await append(a, "v1");
    expect((await one.make())?.heads).to.deep.equal([a.durable()]);
    expect((await other.make())?.n, "nothing is new").to.equal(1);
    await append(b, "v2", "v3");
    expect((await other.make())?.heads).to.deep.equal([b.durable()]);
    expect((await one.make())?.n).to.equal(2);
    expect(stored()).to.have.length(2);
    expect(await intact()).to.equal(true);
  });

  it("are one chain, however many nodes make them at once", async () => {
    const makers = Array.from({ length: 6 }, () => log.checkpoints());
    const writers = Array.from({ length: 6 }, (_, n) => log.openWriter(`w${n}`));
    for (let round = 0; round < 5; round++) {
      await Promise.all(writers.map(async (writer, n) => {
        await append(writer, `v${round}`);
        await makers[n]?.make();
      }));
      log.pass(1_000);
    }
    expect(await intact()).to.equal(true);
    expect(new Set((await Promise.all(makers.map((maker) => maker.make()))).map((last) => last?.n)).size).to.equal(1);
  });

  it("have what a killed process wrote last, which it could say to nobody", async () => {
    const killed = log.openWriter("killed");
    await append(killed, "v1", "v2");
    log.pass(30 * 60_000);
    const last = await log.checkpoints(log.openWriter("another")).make();
    expect(last?.heads).to.deep.equal([killed.durable()]);
  });

  it("go on after a restart, over an hour's end and a long silence", async () => {
    await append(log.openWriter("a"), "v1");
    await log.checkpoints().make();
    log.pass(40 * 3_600_000);
    const b = log.openWriter("b");
    await append(b, "v2");
    const next = await log.checkpoints().make();
    expect([next?.n, next?.heads.find(({ chain }) => chain === "eu/b")]).to.deep.equal([2, b.durable()]);
    expect(await intact()).to.equal(true);
  });

  it("say at once that a chain was cut", async () => {
    const told: string[] = [];
    const maker = openCheckpoints({ region: REGION, key: log.key, reader: log.reader, create: log.create, own: () => undefined, now: log.now, logger: { ...quiet, error: (text: unknown) => void told.push(String(text)) } });
    const a = log.openWriter("a");
    await append(a, "v1", "v2");
    await maker.make();
    const name = [...log.storage.objects.keys()].findLast((key) => key.includes("/records/")) ?? "";
    log.storage.objects.delete(name);
    const fresh = openCheckpoints({ region: REGION, key: log.key, reader: log.reader, create: log.create, own: () => undefined, now: log.now, logger: { ...quiet, error: (text: unknown) => void told.push(String(text)) } });
    await fresh.make();
    expect(told).to.deep.equal(["The audit log has been cut: its chain eu/a ends at 2, and had come to 3."]);
  });

  it("leave a sweep that was interrupted in good order", async () => {
    const old = auditLog({ days: 1 });
    const [writer, checkpoints] = [old.openWriter("a"), old.checkpoints()];
    for (let day = 0; day < 4; day++) {
      await append(writer, `v${day}`);
      await checkpoints.make();
      old.pass(86_400_000);
    }
    const kept = new Map(old.storage.objects);
    await old.sweep();
    for (const [name, bytes] of kept) old.storage.objects.set(name, bytes); // the notes were written, and nothing was removed
    const verify = async () => verifyLog(await old.lines(), { trusted: [old.key.certificate] });
    expect(await verify()).to.deep.include({ verdict: "intact", faults: [] });
    await old.sweep();
    expect([...old.storage.objects.keys()].filter((key) => key.includes("/records/"))).to.have.length(1);
    expect(await verify()).to.deep.include({ verdict: "intact", faults: [] });
  });
});
