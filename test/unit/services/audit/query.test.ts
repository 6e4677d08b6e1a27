import { expect } from "chai";
import * as fc from "fast-check";
import { findErrorCode } from "../../../../config/errors.ts";
import { parseAuditQuery } from "../../../../services/gateway/audit-routes.ts";
import type { QueryParams, RecordView } from "../../../../services/audit/audit.contract.ts";
import { queryLog } from "../../../../services/audit/query.ts";
import { append, auditLog, type AuditLog } from "../../../support/audit-log.ts";
import { rejection } from "../../../support/rejection.ts";

const HOUR_MS = 3_600_000;

describe("a question about the audit log", () => {
  let log: AuditLog;
  let damaged: string[];
  const ask = (params: QueryParams, { tenant, nowMs }: { tenant?: string; nowMs?: () => number } = {}) => queryLog(params, { reader: log.reader, tenant, onDamage: (name) => void damaged.push(name), ...(nowMs === undefined ? {} : { nowMs }) });
  const videos = (records: readonly RecordView[]): unknown[] => records.map(({ target }) => target?.["video"]).filter((video) => video !== undefined);
  async function all(params: QueryParams, nowMs?: () => number): Promise<RecordView[]> {
    const found: RecordView[] = [];
    let after: string | undefined;
    do {
      const page = await ask({ ...params, ...(after === undefined ? {} : { after }) }, nowMs === undefined ? {} : { nowMs });
      found.push(...page.records);
      after = page.next;
    } while (after !== undefined);
    return found;
  }

  /** Two processes over five hours, in turns. */
  beforeEach(async () => {
    log = auditLog();
    damaged = [];
    const [a, b] = [log.openWriter("a"), log.openWriter("b")];
    for (let n = 0; n < 10; n++) {
      await append(n % 2 === 0 ? a : b, `physics-${n}`);
      log.pass(HOUR_MS / 2);
    }
  });

  it("is answered newest first, over all processes", async () => {
    expect(videos((await ask({})).records)).to.deep.equal(Array.from({ length: 10 }, (_, n) => `physics-${9 - n}`));
  });

  it("is answered in pages of any length, with each record once, also when each request reads an hour only", async () => {
    const whole = (await ask({})).records;
    expect(whole).to.have.length(12);
    let ms = 0;
    for (const nowMs of [() => 0, () => (ms += 10_000)]) {
      await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 13 }), async (limit) => {
        expect(await all({ limit }, nowMs)).to.deep.equal(whole);
      }), { numRuns: 13 });
    }
  });

  it("reads the hours that it is about, and no others", async () => {
    log.storage.calls.length = 0;
    const { records } = await ask({ since: "2026-11-26T10:00:00.000Z", until: "2026-11-26T11:00:00.000Z" });
    expect(videos(records)).to.deep.equal(["physics-5", "physics-4"]);
    expect(log.storage.calls.filter((call) => call.startsWith("get ")).every((call) => call.includes("/2026-11-26T1"))).to.equal(true);
    expect(log.storage.calls.filter((call) => call.startsWith("get "))).to.have.length(2);
  });

  it("is about what is named, and of a tenant about that tenant's", async () => {
    expect(videos((await ask({ video: "physics-3" })).records)).to.deep.equal(["physics-3"]);
    expect((await ask({ action: "videos.submit" })).records).to.deep.equal([]);
    expect((await ask({ subject: "key:2" })).records).to.deep.equal([]);
    expect((await ask({ result: "ok", subject: "key:1", action: "videos.remove" })).records).to.have.length(10);
    expect((await ask({}, { tenant: "physics" })).records).to.have.length(10); // not that the chains began
    expect((await ask({}, { tenant: "arts" })).records).to.deep.equal([]);
  });

  it("says what cannot be read, and goes on", async () => {
    const [name = ""] = [...log.storage.objects.keys()].filter((key) => key.includes("/records/"));
    log.storage.objects.set(name, Buffer.from("{"));
    expect(videos((await ask({})).records)).to.have.length(9);
    expect(damaged).to.have.length(1);
  });

  it("refuses a cursor that no page gave", async () => {
    for (const after of ["", "x", "W10", Buffer.from('["x","y",1]').toString("base64url"), Buffer.from('[1,"y",1]').toString("base64url")]) {
      expect(findErrorCode(await rejection(ask({ after }), after)), after).to.equal("bad_request");
    }
  });
});

describe("the query of GET /v1/audit", () => {
  const codeOf = (query: string): string | undefined => {
    try {
      parseAuditQuery(`/v1/audit?${query}`);
      return undefined;
    } catch (error) {
      return findErrorCode(error);
    }
  };

  it("is what can be asked", () => {
    expect(parseAuditQuery("/v1/audit?since=2026-11-01&until=2026-11-02T10:00:00%2B01:00&subject=login:ada@x&video=v&action=videos.remove&result=ok&limit=5&after=abc-_"))
      .to.deep.equal({ since: "2026-11-01T00:00:00.000Z", until: "2026-11-02T09:00:00.000Z", subject: "login:ada@x", video: "v", action: "videos.remove", result: "ok", limit: 5, after: "abc-_" });
    expect(parseAuditQuery("/v1/audit")).to.deep.equal({});
  });

  it("is refused else", () => {
    for (const query of ["since=yesterday", "since=2026-13-01", "until=1", "limit=0", "limit=1001", "limit=1e2", "limit=", "after=%00", "after=a/b", `subject=${"a".repeat(201)}`, "video=%0a", "who=me", "video=a&video=b"]) expect(codeOf(query), query).to.equal("bad_request");
  });
});
