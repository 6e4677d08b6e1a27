/** What a call of a logger says, as one entry: every text scrubbed, of bounded length, and without anything that could begin another line. */
import { inspect } from "node:util";
import type { Scrub } from "./scrub.ts";

export interface LoggedError { code?: string; message: string; stack?: string }
/** `msg` has what is no error; errors beside the first are in it. */
export interface LogEntry { msg: string; err?: LoggedError }

const [MAX_MSG, MAX_STACK, MAX_CODE] = [2_000, 4_000, 80];
const INSPECT = { depth: 3, breakLength: Number.POSITIVE_INFINITY, compact: true, maxArrayLength: 20, maxStringLength: 500, getters: false } as const;

export function makeEntry(args: readonly unknown[], scrub: Scrub): LogEntry {
  const errors = args.filter((arg) => arg instanceof Error);
  const [first] = errors;
  const clean = (text: string, max: number): string => cut(escapeControls(scrub(text)), max);
  const said = args.filter((arg) => arg !== first).map(textOf).join(" ");
  const msg = clean(said === "" && first !== undefined ? messageOf(first) : said, MAX_MSG);
  if (first === undefined) return { msg };
  const code = codeOf(first);
  return {
    msg,
    err: {
      ...(code === undefined ? {} : { code: clean(code, MAX_CODE) }), message: clean(messageOf(first), MAX_MSG),
      ...(typeof first.stack === "string" ? { stack: clean(framesOf(first.stack), MAX_STACK) } : {}),
    },
  };
}

/** Also of errors whose message is no text, as those from another realm or node may have. */
function messageOf({ message }: Error): string {
  return typeof message === "string" ? message : textOf(message);
}

function codeOf(error: Error): string | undefined {
  const { type, code } = error as { type?: unknown; code?: unknown };
  return [type, code].map((value) => (typeof value === "number" ? String(value) : value)).find((value): value is string => typeof value === "string" && value !== "");
}

/** The frames alone, for the message stands beside them. */
function framesOf(stack: string): string {
  return stack.split("\n").filter((line) => /^\s+at /.test(line)).map((line) => line.trim()).join(" | ");
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return inspect(value, INSPECT);
  } catch {
    return "[what cannot be shown]"; // a proxy, or a getter that throws
  }
}

/** Line breaks and other controls as what stands for them in JavaScript; so are marks that nobody sees, or that turn the direction of what follows. */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (mark) => SHORT[mark] ?? `\\u${(mark.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": " " };

function cut(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}… (${text.length - max} more)` : text;
}
