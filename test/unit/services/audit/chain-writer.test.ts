/** A process's chain, and a store that fails it. */
import { expect } from "chai";
import { fail, findErrorCode } from "../../../../config/errors.ts";
import { parseLines, type AuditRecord } from "../../../../services/audit/chain/chain.ts";
import { openChainWriter, type ChainOptions, type ChainWriter } from "../../../../services/audit/chain/chain-writer.ts";
import { verifyLog } from "../../../../services/audit/verify/verify-log.ts";
import { auditLog, quiet, REGION, type AuditLog } from "../../../support/audit-log.ts";
import { rejection } from "../../../support/rejection.ts";

describe("the chain of a process", () => {
  let log: AuditLog;
  /** What each write waits for, and does instead. */
  let gate: () => Promise<boolean | undefined>;
  beforeEach(() => {
    log = auditLog();
    gate = async () => undefined;
  });

  const open = (more: Partial<ChainOptions> = {}): ChainWriter => openChainWriter({
    region: REGION, writer: "a", node: "node-a", key: log.key, read: log.storage.get, now: log.now, logger: quiet,
    create: async (name, bytes) => (await gate()) ?? (await log.create(name, bytes)), ...more,
  });
  const written = (): AuditRecord[][] => [...log.storage.objects].filter(([name]) => name.includes("/records/")).map(([, bytes]) => parseLines<AuditRecord>(bytes).filter(({ kind }) => kind === "record"));
  const verdict = async (): Promise<string> => (await verifyLog(await log.lines(), { trusted: [log.key.certificate] })).verdict;
  const away = (): Error => fail("storage_unavailable", "staged");
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => findErrorCode(await rejection(work, "it"));

  it("is not there before anything is written", async () => {
    await open().close(100);
    expect(written()).to.deep.equal([]);
  });

  it("writes a lone record at once, and what comes meanwhile together", async () => {
    const writer = open();
    const first = Promise.withResolvers<undefined>();
    gate = () => first.promise;
    const all = Array.from({ length: 100 }, (_, n) => writer.append({ type: "done", target: { n } }));
    await Promise.resolve();
    const later = Array.from({ length: 100 }, (_, n) => writer.append({ type: "done", target: { n } }));
    first.resolve(undefined);
    await Promise.all([...all, ...later].map(({ durable }) => durable));
    expect(written().map(({ length }) => length)).to.deep.equal([101, 100]); // the first says that the chain begins
    expect(all.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: 100 }, (_, n) => n + 2));
    expect(await verdict()).to.equal("intact");
  });

  it("tells who waits that the store is away, and writes all the same when it is back, each once", async () => {
    const writer = open();
    gate = async () => { throw away(); };
    for (const _ of [1, 2, 3]) expect(await codeOf(writer.append({ type: "begun" }).durable)).to.equal("storage_unavailable");
    gate = async () => undefined;
    await writer.append({ type: "begun" }).durable;
    expect(written().flat().map(({ seq }) => seq)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(await verdict()).to.equal("intact");
  });

  it("knows its own object, when the answer to a write was lost", async () => {
    const writer = open({ create: async (name, bytes) => {
      if (!(await log.create(name, bytes))) return false;
      if (log.storage.objects.size === 2) throw away();
      return true;
    } });
    expect(await codeOf(writer.append({ type: "begun" }).durable)).to.equal("storage_unavailable");
    await writer.append({ type: "done" }).durable;
    expect(written().map((batch) => batch.map(({ seq }) => seq))).to.deep.equal([[1, 2], [3]]);
    expect(await verdict()).to.equal("intact");
  });

  it("keeps what has a place in bounds, refuses what is only begun, and counts what nobody waits for", async () => {
    const writer = open({ maxWaiting: 10 });
    gate = async () => { throw away(); };
    for (let n = 0; n < 30; n++) writer.note({ type: "access", target: { n } });
    expect(() => writer.append({ type: "begun" })).to.throw().with.property("type", "overloaded");
    const done = writer.append({ type: "done" }).durable; // it has been done
    expect(await codeOf(done)).to.equal("storage_unavailable");
    gate = async () => undefined;
    const told = Promise.withResolvers<undefined>();
    const look = setInterval(() => { if (writer.durable()?.seq === 11) told.resolve(undefined); }, 5);
    await told.promise;
    clearInterval(look);
    await writer.append({ type: "begun" }).durable;
    const records = written().flat();
    expect(records.filter(({ type }) => type === "access")).to.have.length(9);
    expect(records.find(({ type }) => type === "lost")?.count).to.equal(21);
    expect(await verdict()).to.equal("intact");
  });

  it("goes on when the clock goes back, in the order in which things came", async () => {
    const writer = open();
    await writer.append({ type: "begun" }).durable;
    log.pass(-7_200_000);
    await writer.append({ type: "done" }).durable;
    log.pass(3 * 3_600_000);
    await Promise.all([writer.append({ type: "begun" }), writer.append({ type: "done" })].map(({ durable }) => durable));
    expect(written().flat().map(({ seq, at }) => `${seq} ${at}`)).to.deep.equal(["1 2026-11-26T08:00:00.000Z", "2 2026-11-26T08:00:00.000Z", "3 2026-11-26T08:00:00.000Z", "4 2026-11-26T09:00:00.000Z", "5 2026-11-26T09:00:00.000Z"]);
    expect(await verdict()).to.equal("intact");
  });

  it("says that it ends, takes nothing after that, and gives up on a store that does not answer", async () => {
    const writer = open();
    await writer.append({ type: "done" }).durable;
    await writer.close(5_000);
    expect(written().flat().at(-1)?.type).to.equal("closed");
    expect(() => writer.append({ type: "begun" })).to.throw().with.property("type", "not_ready");
    const held = open({ writer: "b" });
    gate = () => new Promise(() => undefined);
    held.note({ type: "access" });
    await held.close(20);
    expect(written().flat().some(({ chain }) => chain === "eu/b")).to.equal(false);
  });
});
