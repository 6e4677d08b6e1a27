/** What a client may ask for with `POST /v1/videos`, read from untrusted JSON. */
import { VISIBILITIES } from "../../config/access/watching.ts";
import { fail } from "../../config/errors.ts";
import type { SubmitParams } from "../videos/videos.contract.ts";

const POLICIES = ["lazy", "hybrid", "eager"] as const;
const PROTECTIONS = ["none", "aes-128", "cbcs"] as const;
const PRIORITIES = ["high", "normal", "low"] as const;
const FIELDS = ["url", "uploadId", "tenant", "visibility", "title", "policy", "protection", "priority", "labels"];
const MAX_URL_CHARS = 4096;
const MAX_TITLE_CHARS = 300;
const MAX_LABELS = 16;
const MAX_LABEL_CHARS = 64;

/** @throws bad_request, naming the field at fault */
export function parseSubmitRequest(body: Readonly<Record<string, unknown>>, idempotencyKey: string | undefined): SubmitParams {
  const unknown = Object.keys(body).filter((name) => !FIELDS.includes(name));
  if (unknown.length > 0) throw fail("bad_request", `Unknown field ${quote(unknown)}; there are ${[...FIELDS, "region"].join(", ")}.`);
  const tenant = parseTenant(body);
  const visibility = parseChoice(body, "visibility", VISIBILITIES);
  const title = parseText(body, "title", MAX_TITLE_CHARS);
  const policy = parseChoice(body, "policy", POLICIES);
  const protection = parseChoice(body, "protection", PROTECTIONS);
  const priority = parseChoice(body, "priority", PRIORITIES);
  const labels = parseLabels(body["labels"]);
  return {
    source: parseSource(body),
    ...(tenant === undefined ? {} : { tenant }),
    ...(visibility === undefined ? {} : { visibility }),
    ...(title === undefined ? {} : { title }),
    ...(policy === undefined ? {} : { policy }),
    ...(protection === undefined ? {} : { protection }),
    ...(priority === undefined ? {} : { priority }),
    ...(labels === undefined ? {} : { labels }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey: parseIdempotencyKey(idempotencyKey) }),
  };
}

function parseSource(body: Readonly<Record<string, unknown>>): SubmitParams["source"] {
  const url = parseText(body, "url", MAX_URL_CHARS);
  const uploadId = parseText(body, "uploadId", 64);
  if (url !== undefined && uploadId !== undefined) throw fail("bad_request", "Give url or uploadId, not both.");
  if (url !== undefined) return { kind: "url", url };
  if (uploadId === undefined) throw fail("bad_request", "url or uploadId is missing.");
  if (!/^[0-9a-z]{26}$/.test(uploadId)) throw fail("upload_not_found", "There is no such upload.");
  return { kind: "upload", uploadId };
}

function parseTenant(body: Readonly<Record<string, unknown>>): string | undefined {
  const tenant = parseText(body, "tenant", 63);
  if (tenant !== undefined && !/^[a-z0-9][a-z0-9-]*$/.test(tenant)) throw fail("bad_request", "tenant must be lower-case letters, digits and hyphens.");
  return tenant;
}

function parseText(body: Readonly<Record<string, unknown>>, name: string, maxChars: number): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || value.trim() === "") throw fail("bad_request", `${name} must be a string that is not empty.`);
  if (value.length > maxChars) throw fail("bad_request", `${name} must have at most ${maxChars} characters.`);
  if (!value.isWellFormed() || hasControls(value)) throw fail("bad_request", `${name} must not have control characters.`);
  return value.trim();
}

function parseChoice<Choice extends string>(body: Readonly<Record<string, unknown>>, name: string, choices: readonly Choice[]): Choice | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw fail("bad_request", `${name} must be one of ${choices.join(", ")}.`);
  return found;
}

function parseLabels(value: unknown): Record<string, string> | undefined {
  if (value === undefined || value === null) return undefined;
  const wrong = `labels must be an object of at most ${MAX_LABELS} strings, names and values up to ${MAX_LABEL_CHARS} characters.`;
  if (typeof value !== "object" || Array.isArray(value)) throw fail("bad_request", wrong);
  const labels: [string, string][] = Object.entries(value).map(([name, text]: [string, unknown]) => {
    if (typeof text !== "string" || !isLabelText(name) || name === "" || !isLabelText(text)) throw fail("bad_request", wrong);
    return [name, text];
  });
  if (labels.length > MAX_LABELS) throw fail("bad_request", wrong);
  return Object.fromEntries(labels);
}

/** @throws bad_request unless 1 to 255 printable ASCII characters */
function parseIdempotencyKey(key: string): string {
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw fail("bad_request", "Idempotency-Key must be 1 to 255 printable ASCII characters.");
  return key;
}

function isLabelText(text: string): boolean {
  return text.length <= MAX_LABEL_CHARS && text.isWellFormed() && !hasControls(text);
}

function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

function quote(names: readonly string[]): string {
  return names.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 40))).join(", ");
}
