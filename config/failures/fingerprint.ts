/**
 * What makes two failures the same: their code, where they began, and their words without what differs from one time to the next.
 * Of errors that nobody made on purpose also the functions of ours that they went through.
 */
import { createHash } from "node:crypto";
import { redact } from "./redact.ts";

export interface Faulty { code: string; /** The action or event, as in `transcoder.make`. */ action: string; message: string; /** As V8 writes it. */ stack?: string | undefined }

const MAX_TEMPLATE = 200;
const MAX_FRAMES = 3;
const MAX_SHOWN_FRAMES = 12;
const PROJECT = new URL("../../", import.meta.url).href;
/** Only of these is it known where they were thrown: what `fail` makes is told apart by its words. */
const BY_STACK: readonly string[] = ["unexpected", "crashed"];

const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>)\]]+/gi, "<url>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<n>"],
  [/\b(?=[0-9a-z]{0,25}\d)[0-9a-z]{26}\b/gi, "<n>"],
  [/'[^']{1,300}' node/g, "<node>"],
  [/"([^"]{0,500})"|'([^']{0,500})'|`([^`]{0,500})`/g, ""], // see `quoted`
  [/(?:\.{0,2}\/)?(?:[\w.@~<>-]+\/)+[\w.@~<>-]*|\/[\w.@~-]+/g, "<path>"],
  [/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b|\[?\b(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\b\]?(?::\d+)?/gi, "<address>"],
  [/\b(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,20}:\d{1,5}\b/gi, "<address>"],
  [/[-+]?\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, "<n>"],
  [/0x[0-9a-f]+/gi, "<n>"],
  [/[-+]?\d+(?:[.,:]\d+)*/g, "<n>"],
];

/** A name of a program's own is kept, anything else that is quoted may be anybody's. */
function quoted(all: string, ...parts: readonly (string | undefined)[]): string {
  const inner = parts.slice(0, 3).find((part) => part !== undefined) ?? "";
  return /^[A-Za-z_$][A-Za-z_$.]{0,40}$/.test(inner) ? all : "<text>";
}

/** The words of a message without ids, paths, addresses, numbers and quotations; 200 characters at most. */
export function messageTemplate(message: string): string {
  let template = redact(message);
  for (const [pattern, put] of VARYING) template = put === "" ? template.replace(pattern, quoted) : template.replace(pattern, put);
  return template.replace(/\s+/g, " ").trim().slice(0, MAX_TEMPLATE);
}

/** Frames within this project, the innermost first: `makeChunk services/transcoder/run-chunk.ts:12`. */
export function ownFrames(stack: string | undefined): string[] {
  const frames: string[] = [];
  for (const line of (stack ?? "").slice(0, 20_000).split("\n")) {
    const [, name = "", place = ""] = /^\s+at (?:(.{1,200}?) \()?(file:\/\/\S{1,400}?):\d+\)?$/.exec(line) ?? [];
    if (!place.startsWith(PROJECT) || place.includes("/node_modules/")) continue;
    frames.push(`${name.replace(/^async /, "")} ${place.slice(PROJECT.length)}`.trim());
    if (frames.length === MAX_SHOWN_FRAMES) break;
  }
  return frames;
}

/** @returns the id of the group: `encode_failed-3f9a0c1b2d4e5f60` */
export function fingerprint({ code, action, message, stack }: Faulty): string {
  const frames = BY_STACK.includes(code) ? ownFrames(stack).slice(0, MAX_FRAMES).map((frame) => frame.replace(/:\d+$/, "")) : [];
  return `${code}-${createHash("sha256").update(JSON.stringify([code, action, messageTemplate(message), frames])).digest("hex").slice(0, 16)}`;
}

/** The group of failures with this code that found no group of their own. */
export const otherOf = (code: string): string => `${code}-other`;
export const GROUP_ID = "^[a-z_]{1,40}-([0-9a-f]{16}|other)$";
