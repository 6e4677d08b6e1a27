/** Takes out of a text what must not be kept of it: secrets, persons, queries of addresses, where things lie on a machine. */

const MAX_LENGTH = 4_000;
const PROJECT = new URL("../../", import.meta.url);

/** In this order: what an earlier one has replaced, the later ones leave alone. Each takes linear time. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)(?:[^\s/?#"'<>@]{0,500}@)?([^\s?#"'<>]{1,2000})[?#][^\s"'<>]*/gi, "$1$2"],
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/?#"'<>@]{1,500}@/gi, "$1"],
  [/\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi, "$1 <secret>"],
  [/\b(token|key|api[_-]?key|secret|password|passwd|pwd|signature|sig|authorization|cookie|credential)(["']?\s*[=:]\s*["']?)(?!<)[^\s"',;&<>]{1,2000}/gi, "$1$2<secret>"],
  [/\/~[^\s/"'<>]+/g, "/~<secret>"],
  [/\blogin(?::|%3a)[^\s"',;<>]{1,1000}/gi, "login:<person>"],
  [/[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}/g, "<person>"],
  [/\/(home|Users)\/[^\s/"']+/g, "/$1/<person>"],
  [/\blectern_[0-9a-f]{20}_\w*/g, "<secret>"],
  [/\b(?=[\w-]{0,200}\d)(?=[\w-]{0,200}[A-Za-z])[\w-]{40,}(?:\.[\w-]+){0,2}/g, "<secret>"],
];

/** At most 4,000 characters of it. Text that has been through it stays as it is. */
export function redact(text: string): string {
  let clean = text.slice(0, MAX_LENGTH).toWellFormed().replaceAll(PROJECT.href, "").replaceAll(PROJECT.pathname, "");
  for (const [pattern, put] of RULES) clean = clean.replace(pattern, put);
  return clean;
}
