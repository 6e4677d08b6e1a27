/**
 * The form of the log. Each process writes a chain of its own: records, each with the hash of the one before, and after every
 * few of them a signed head. Checkpoints, a chain themselves, say how far all chains had come. All lines are canonical JSON.
 */
import { createHash } from "node:crypto";
import type { AuditEntry } from "../../../config/audit-sink.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { Signed, SigningKey } from "./signing-key.ts";

/** What comes before a chain's first record, and before the first checkpoint. */
export const NOTHING = "0".repeat(64);

export interface AuditRecord extends AuditEntry {
  kind: "record";
  v: 1;
  /** `<region>/<writer>`; a writer is a process, named by a ULID. */
  chain: string;
  /** From 1, without a gap. */
  seq: number;
  /** ISO 8601, never before the record before. */
  at: string;
  node: string;
  /** Hash of the record before. */
  prev: string;
  /** SHA-256, in hex, of `prev` and the canonical JSON of all but `prev` and this. */
  hash: string;
}

/** What a chain had come to. */
export interface Place { chain: string; seq: number; hash: string }
export interface Head extends Place, Signed { kind: "head"; v: 1; at: string }

export interface Checkpoint extends Signed {
  kind: "checkpoint";
  v: 1;
  region: string;
  /** From 1, without a gap. */
  n: number;
  at: string;
  /** Hash of the checkpoint before. */
  prev: string;
  /** Of the chains that have come further since the one before; in the order of their names. */
  heads: Place[];
}

/** Says what was there of a day that is no longer kept. */
export interface Dropped extends Signed {
  kind: "dropped";
  v: 1;
  region: string;
  day: string;
  at: string;
  /** Records `from` to `to`; `prev`: the hash before them; `hash`: of the last. */
  spans: { chain: string; from: number; to: number; prev: string; hash: string }[];
  /** The last of the checkpoints that were dropped with it. */
  checkpoint?: { n: number; hash: string };
}

export function sealRecord(record: Omit<AuditRecord, "hash">): AuditRecord {
  return { ...record, hash: hashRecord(record) };
}

export function hashRecord(record: Omit<AuditRecord, "hash"> & { hash?: string }): string {
  const { prev, hash: _, ...content } = record;
  return sha256(prev + canonicalJson(content));
}

export function hashCheckpoint(checkpoint: Checkpoint): string {
  return sha256(canonicalJson(checkpoint));
}

export function signHead(key: SigningKey, place: Place, at: string): Head {
  return key.sign({ kind: "head", v: 1, ...place, at });
}

/** `2026-11-26T08` */
export const hourOf = (iso: string): string => iso.slice(0, 13);
export const dayOf = (iso: string): string => iso.slice(0, 10);

export function formatLines(lines: readonly object[]): Buffer {
  return Buffer.from(lines.map((line) => `${canonicalJson(line)}\n`).join(""));
}

/** Of objects that were written by `formatLines`. @throws SyntaxError */
export function parseLines<T>(bytes: Buffer): T[] {
  return bytes.toString("utf8").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as T);
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
