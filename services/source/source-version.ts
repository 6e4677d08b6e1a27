/**
 * The version of a source: what tells its bytes from other bytes at the same address. It carries the validator itself,
 * so that any node can ask for the rest of these very bytes without having opened the source.
 */
import { createHash } from "node:crypto";
import { fail } from "../../config/errors.ts";
import type { Headers } from "./origin/headers.ts";
import { findHeader } from "./origin/headers.ts";

/**
 * `etag` strong and `modified` can stand in If-Range; `weak` can only be compared. Where the origin names none of them,
 * `sample` is the hash of the file's first block; `none`: size is all there is. `upload` is the hash of a finished upload,
 * `arriving` the id of one that was opened before: its bytes never change either, and so this version outlives its arrival.
 */
export type ValidatorKind = "etag" | "modified" | "weak" | "sample" | "none" | "upload" | "arriving";
export interface SourceVersion { size: number; kind: ValidatorKind; value: string }

const KINDS: readonly ValidatorKind[] = ["etag", "modified", "weak", "sample", "none", "upload", "arriving"];
/** Longer ETags are not kept: the version travels with every read. */
const MAX_VALIDATOR_LENGTH = 256;

export function formatVersion({ size, kind, value }: SourceVersion): string {
  return `${size} ${kind} ${value}`.trimEnd();
}

/** @throws source_changed: no bytes of ours are of such a version */
export function parseVersion(text: string): SourceVersion {
  const match = /^(\d{1,15}) ([a-z]+)(?: (.*))?$/s.exec(text);
  const kind = KINDS.find((candidate) => candidate === match?.[2]);
  if (match?.[1] === undefined || kind === undefined) throw fail("source_changed", "The source has no such version.");
  return { size: Number(match[1]), kind, value: match[3] ?? "" };
}

export function readVersion(headers: Headers, size: number): SourceVersion {
  const etag = findHeader(headers, "etag");
  const modified = findHeader(headers, "last-modified");
  const usable = etag !== undefined && etag.length <= MAX_VALIDATOR_LENGTH ? etag : undefined;
  if (usable?.startsWith('"')) return { size, kind: "etag", value: usable };
  if (modified !== undefined && modified.length <= MAX_VALIDATOR_LENGTH) return { size, kind: "modified", value: modified };
  return usable === undefined ? { size, kind: "none", value: "" } : { size, kind: "weak", value: usable };
}

/** What tells a file without validators from another: its first block. A video's says when it was made and how long it is. */
export function sampleVersion(size: number, firstBlock: Uint8Array): SourceVersion {
  return { size, kind: "sample", value: createHash("sha256").update(firstBlock).digest("hex") };
}

/** Whether an answer is about the same bytes. A validator that the answer leaves out cannot contradict. */
export function isSameVersion(version: SourceVersion, headers: Headers, size: number | undefined): boolean {
  if (size !== undefined && size !== version.size) return false;
  const name = { etag: "etag", weak: "etag", modified: "last-modified", sample: undefined, none: undefined, upload: undefined, arriving: undefined }[version.kind];
  const now = name === undefined ? undefined : findHeader(headers, name);
  return now === undefined || now === version.value;
}

/** For If-Range (RFC 9110 13.1.5): the part comes only if it is a part of these bytes. */
export function ifRangeHeaders(version: SourceVersion): Record<string, string> {
  return version.kind === "etag" || version.kind === "modified" ? { "if-range": version.value } : {};
}

/** For asking whether anything is new; answered 304 if not. */
export function ifNewHeaders(version: SourceVersion): Record<string, string> {
  if (version.kind === "etag" || version.kind === "weak") return { "if-none-match": version.value };
  return version.kind === "modified" ? { "if-modified-since": version.value } : {};
}
