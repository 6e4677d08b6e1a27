/**
 * Takes what must be nobody's out of a text that is to be logged or shown in a trace: keys, tokens, passwords, what signs an address,
 * names of persons. The last defence, not the first: whoever writes a line leaves these out by themselves.
 */

export type Scrub = (text: string) => string;

/** What is looked through of one text, in characters; the rest is left out. */
const MAX_CHARS = 8_192;
const HIDDEN = "[hidden]";
const MIN_SECRET = 8;

/** Each is linear in the length of the text: no part can be matched in two ways. */
const RULES: readonly (readonly [RegExp, string])[] = [
  // API keys, whole or broken off
  [/\blectern_[0-9a-f]{4,}[\w-]*/gi, HIDDEN],
  // JSON Web Tokens
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, HIDDEN],
  [/\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}/g, HIDDEN],
  [/-----BEGIN[^-]{0,40}PRIVATE KEY-----(?:(?!-----END)[^])*(?:-----END[^-]{0,40}-----)?/g, HIDDEN],
  // NATS seeds
  [/\bS[NUAOCX][A-Z2-7]{30,}/g, HIDDEN],
  [/\b(bearer|basic|digest|negotiate|aws4-hmac-sha256)[ \t]+[^\s"'<>]{4,}[^"'\n<>]{0,400}/gi, `$1 ${HIDDEN}`],
  // Links: their token stands in the path
  [/\/(?:~|%7e)[^/\s"'<>]+/gi, "/~…"],
  // User names and passwords, then queries and fragments of addresses
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/"'<>?#@]{0,512}@/gi, `$1${HIDDEN}@`],
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>?#]{1,2048})[?#][^\s"'<>]+/gi, "$1?…"],
  [/([?&;])([\w.%[\]-]{1,80})=[^\s&;"'<>#]+/g, "$1$2=…"],
  [/(["']?)\b([\w.-]{0,40}(?:passw(?:or)?d|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|content[_-]?key|credentials?|signature|authorization|cookie))\1\s{0,3}[:=]\s{0,3}(?:"[^"]{0,2048}"?|'[^']{0,2048}'?|[^\s,;"'{}[\]]+)/gi, `$1$2$1=${HIDDEN}`],
  // Persons
  [/\blogin(?::|%3a)[^\s,;"'<>{}()]+/gi, "login:…"],
  [/(?<![\w.+%-])[\w.+%-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g, "[somebody]"],
];

/** @param secrets texts that are never shown, wherever they stand */
export function openScrub(secrets: readonly string[]): Scrub {
  const known = [...new Set(secrets.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]))].filter(({ length }) => length >= MIN_SECRET).toSorted((a, b) => b.length - a.length);
  return (text) => {
    // Of what is cut through, the beginning might be shown.
    let shown = text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS).replace(/\S{1,512}$/, "")} …` : text;
    for (const secret of known) if (shown.includes(secret)) shown = shown.replaceAll(secret, HIDDEN);
    for (const [pattern, instead] of RULES) shown = shown.replace(pattern, instead);
    return shown;
  };
}
