/** Takes out of a text what must not be kept of it: what no log line has either, and besides where things lie on a machine. */
import { knownSecrets } from "../logging/known-secrets.ts";
import { openScrub } from "../logging/scrub.ts";

const MAX_LENGTH = 4_000;
const PROJECT = new URL("../../", import.meta.url);
const HOME = /\/(home|Users)\/[^\s/"']+/g;
/** What is long and has letters and digits is a key of a kind that nobody thought of, or tells two errors apart that are one. */
const LONG = /\b(?=[\w-]{0,200}\d)(?=[\w-]{0,200}[A-Za-z])[\w-]{40,}(?:\.[\w-]+){0,2}/g;

const scrub = openScrub(knownSecrets(process.env));

/** At most 4,000 characters of it. Text that has been through it stays as it is. */
export function redact(text: string): string {
  const cut = text.slice(0, MAX_LENGTH).toWellFormed().replaceAll(PROJECT.href, "").replaceAll(PROJECT.pathname, "");
  return scrub(cut).replace(HOME, "/$1/[somebody]").replace(LONG, "[hidden]");
}
