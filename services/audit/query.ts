/** Finds records: newest first, hour by hour, so that a question about a day reads that day. What is held is bounded by the page. */
import { fail } from "../../config/errors.ts";
import type { QueryParams, QueryResult, RecordView } from "./audit.contract.ts";
import { hourOf, type AuditRecord } from "./chain/chain.ts";
import { hourBefore, type LogReader } from "./log-reader.ts";

/** Of one request: then it is answered with what it has, and where to go on. */
const MAX_OBJECTS = 2_000;
const MAX_MS = 4_000;
const DEFAULT_LIMIT = 100;

interface Position { at: string; chain: string; seq: number }
export interface QueryOptions {
  reader: LogReader;
  /** Of the caller; undefined: sees all. */
  tenant: string | undefined;
  /** Told of what cannot be read. */
  onDamage(name: string): void;
  nowMs?: () => number;
}

/** @throws bad_request for an `after` that no page gave */
export async function queryLog({ limit = DEFAULT_LIMIT, after, ...asked }: QueryParams, { reader, tenant, onDamage, nowMs = () => performance.now() }: QueryOptions): Promise<QueryResult> {
  const end = after === undefined ? undefined : parseCursor(after);
  const [since, until] = [asked.since, asked.until].map((time) => (time === undefined ? undefined : new Date(time).toISOString()));
  const startedAt = nowMs();
  const found: RecordView[] = [];
  let objects = 0;

  const wanted = (record: AuditRecord): boolean => (
    (since === undefined || record.at >= since) && (until === undefined || record.at < until) &&
    (asked.subject === undefined || record.who?.subject === asked.subject) && (asked.video === undefined || record.target?.["video"] === asked.video) &&
    (asked.about === undefined || [record.who?.subject, ...["person", "subject"].map((of) => record.target?.[of]), `key:${record.target?.["key"]}`].includes(asked.about)) &&
    (asked.action === undefined || record.action === asked.action) && (asked.result === undefined || record.result === asked.result) &&
    (tenant === undefined || record.who?.tenant === tenant || record.target?.["tenant"] === tenant) &&
    (end === undefined || newestFirst(end, record) < 0)
  );

  const from = since === undefined ? undefined : hourOf(since);
  const hours: string[] = [];
  for await (const hour of reader.hours(from)) if ((until === undefined || startOf(hour) < until) && (end === undefined || mayPrecede(hour, end))) hours.push(hour);
  for (const hour of hours.toReversed()) {
    let best: RecordView[] = [];
    for await (const writer of reader.writers(hour)) {
      for await (const name of reader.objects(hour, writer)) {
        objects++;
        const lines = await reader.lines(hour, writer, name).catch((error: unknown) => {
          if (!(error instanceof SyntaxError)) throw error;
          onDamage(`${hour}/${writer}/${name}`);
          return [];
        });
        for (const line of lines) if (line.kind === "record" && wanted(line)) best.push(viewOf(line));
        if (best.length > 4 * limit) best = best.toSorted(newestFirst).slice(0, limit + 1);
      }
    }
    found.push(...best.toSorted(newestFirst));
    const last = found[limit - 1];
    if (found.length > limit && last !== undefined) return { records: found.slice(0, limit), next: formatCursor(last) };
    if (hour !== hours[0] && (found.length === limit || objects > MAX_OBJECTS || nowMs() - startedAt > MAX_MS)) return { records: found, next: formatCursor(beginningOf(hour)) };
  }
  return { records: found };
}

function viewOf({ kind: _kind, v: _v, prev: _prev, hash: _hash, ...view }: AuditRecord): RecordView {
  return view;
}

const startOf = (hour: string): string => `${hour}:00:00.000Z`;
/** Before all records of the hour. */
const beginningOf = (hour: string): Position => ({ at: startOf(hour), chain: "", seq: 0 });

/** Whether an hour may have records before `end`. */
function mayPrecede(hour: string, end: Position): boolean {
  return newestFirst(beginningOf(hour), end) > 0;
}

function newestFirst(a: Position, b: Position): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  if (a.chain !== b.chain) return a.chain < b.chain ? 1 : -1;
  return b.seq - a.seq;
}

function formatCursor({ at, chain, seq }: Position): string {
  return Buffer.from(JSON.stringify([at, chain, seq])).toString("base64url");
}

function parseCursor(text: string): Position {
  try {
    const [at, chain, seq] = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown[];
    if (typeof at === "string" && typeof chain === "string" && typeof seq === "number") {
      hourBefore(hourOf(at)); // throws for what is no time
      return { at, chain, seq };
    }
  } catch {
    // said below
  }
  throw fail("bad_request", "after is not one that a page gave.");
}
