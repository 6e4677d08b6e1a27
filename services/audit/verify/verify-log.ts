/** Reads an export and says whether it is what was written. Needs nothing but the export, the keys that are trusted, and, for the last word, a checkpoint from elsewhere. */
import { canonicalJson } from "../chain/canonical-json.ts";
import { hashCheckpoint, hashRecord, NOTHING, type AuditRecord, type Checkpoint, type Dropped, type Head } from "../chain/chain.ts";
import type { KeyCertificate } from "../chain/signing-key.ts";
import { chainStates, type Found } from "./chain-states.ts";
import { openTrust } from "./trust.ts";

/**
 * `intact`: nothing was changed, left out or added since it was signed with a trusted key. `tampered`: something was.
 * `unproven`: it fits together, but no trusted key was given. `incomplete`: the export breaks off.
 */
export type Verdict = "intact" | "tampered" | "unproven" | "incomplete";
export interface Fault extends Found { line: number }
export interface Report {
  verdict: Verdict;
  /** The first hundred. */
  faults: Fault[];
  faultCount: number;
  counts: { lines: number; records: number; heads: number; checkpoints: number; keys: number; droppedDays: number; chains: number; open: number; unended: number };
  lastCheckpoint?: { n: number; at: string; hash: string };
}

type Line = AuditRecord | Head | Checkpoint | Dropped | KeyCertificate | { kind: "export"; v: number } | { kind: "end"; lines: number };
export interface VerifyOptions {
  trusted: readonly KeyCertificate[];
  /** Kept from before, where nobody could change it. */
  known?: Checkpoint;
}

const MAX_FAULTS = 100;
const SIGNED = ["head", "checkpoint", "dropped"];

export async function verifyLog(lines: AsyncIterable<string> | Iterable<string>, { trusted, known }: VerifyOptions): Promise<Report> {
  const trust = openTrust(trusted);
  const chains = chainStates();
  const faults: Fault[] = [];
  const counts = { lines: 0, records: 0, heads: 0, checkpoints: 0, keys: 0, droppedDays: 0 };
  let faultCount = 0;
  let last: { n: number; at: string; hash: string } = { n: 0, at: "", hash: NOTHING };
  let droppedTo = 0;
  let knownSeen = false;
  let ended = false;

  const report = (found: Found | undefined): void => {
    if (found === undefined) return;
    if (faultCount++ < MAX_FAULTS) faults.push({ ...found, line: counts.lines });
  };

  function checkpoint(line: Checkpoint): void {
    const hash = hashCheckpoint(line);
    if (line.n < droppedTo) return;
    if (line.n === droppedTo ? hash !== last.hash : line.n !== last.n + 1 || line.prev !== last.hash) report({ check: "checkpoints", message: `checkpoint ${line.n} does not follow checkpoint ${last.n}` });
    last = { n: line.n, at: line.at, hash };
    counts.checkpoints++;
    for (const head of line.heads) report(chains.expect(head, `checkpoint ${line.n}`));
    if (line.n !== known?.n) return;
    knownSeen = true;
    if (hash !== hashCheckpoint(known)) report({ check: "known", message: `checkpoint ${line.n} is not the one that is known from elsewhere` });
  }

  function dropped(line: Dropped): void {
    counts.droppedDays++;
    for (const span of line.spans) report(chains.skip(span));
    droppedTo = line.checkpoint?.n ?? droppedTo;
    if (line.checkpoint !== undefined) last = { n: line.checkpoint.n, at: line.at, hash: line.checkpoint.hash };
  }

  function take(line: Line): void {
    if (SIGNED.includes(line.kind)) {
      const standing = trust.judge(line as Head);
      if (standing !== "good") report({ check: standing === "wrong" ? "signature" : "key", message: standing === "wrong" ? `the signature of a ${line.kind} is wrong` : `a ${line.kind} is signed by a key that nobody trusts` });
      if (standing !== "good" && line.kind !== "head") return; // it says nothing
    }
    switch (line.kind) {
      case "export":
        return;
      case "key":
        counts.keys++;
        if (!trust.show(line)) report({ check: "key", message: "a key is not the one that it says it is" });
        return;
      case "dropped":
        return dropped(line);
      case "checkpoint":
        return checkpoint(line);
      case "record":
        counts.records++;
        return report(chains.follow(line, hashRecord(line)));
      case "head":
        counts.heads++;
        return report(chains.sign(line));
      case "end":
        ended = true;
        if (line.lines !== counts.lines - 1) report({ check: "end", message: `the export says that it has ${line.lines} lines, and has ${counts.lines - 1}` });
        return;
      default:
        line satisfies never;
        report({ check: "form", message: "a line is of no kind that there is" });
    }
  }

  if (known !== undefined && trust.judge(known) === "wrong") report({ check: "known", message: "the known checkpoint's own signature is wrong" });
  for (const head of known?.heads ?? []) void chains.expect(head, "the known checkpoint");
  for await (const text of lines) {
    if (text === "") continue;
    if (counts.lines === 0 && text.startsWith("> ")) continue; // what npm says before its command does
    counts.lines++;
    const line = parseLine(text);
    if (line === undefined) report({ check: "form", message: "a line is not in the one form that it may have" });
    else take(line);
  }
  for (const found of chains.finish()) report(found);
  if (known !== undefined && !knownSeen && known.n > last.n) report({ check: "known", message: `the last checkpoint is ${last.n}, and ${known.n} is known` });
  const { chains: chainCount, open, unended } = chains.counts();
  const verdict: Verdict = !ended ? "incomplete" : faultCount > 0 ? "tampered" : trusted.length === 0 ? "unproven" : "intact";
  return { verdict, faults, faultCount, counts: { ...counts, chains: chainCount, open, unended }, ...(counts.checkpoints === 0 ? {} : { lastCheckpoint: last }) };
}

/** Only as it was written: the same value in another spelling may be read as another by somebody else. */
function parseLine(text: string): Line | undefined {
  try {
    const value = JSON.parse(text) as Line;
    return typeof value === "object" && value !== null && canonicalJson(value) === text && isWellFormed(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isWellFormed(line: Line): boolean {
  switch (line.kind) {
    case "record":
      return isPlace(line) && typeof line.prev === "string" && typeof line.at === "string";
    case "head":
      return isPlace(line);
    case "checkpoint":
      return Number.isSafeInteger(line.n) && typeof line.prev === "string" && Array.isArray(line.heads) && line.heads.every(isPlace);
    case "dropped":
      return Array.isArray(line.spans) && line.spans.every((span) => typeof span.chain === "string" && [span.from, span.to].every(Number.isSafeInteger) && [span.prev, span.hash].every((hash) => typeof hash === "string"));
    default:
      return typeof line.kind === "string";
  }
}

function isPlace(place: unknown): boolean {
  const { chain, seq, hash } = (place ?? {}) as Record<string, unknown>;
  return typeof chain === "string" && Number.isSafeInteger(seq) && typeof hash === "string";
}
