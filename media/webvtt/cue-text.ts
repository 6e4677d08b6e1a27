/**
 * The text of a cue, from a stranger's source, as WebVTT that shows it and nothing else (W3C WebVTT 4.2.2): bold, italic and
 * underline stay, balanced; every other tag is dropped, every other `<`, `>` and `&` is text.
 */
const STYLES: ReadonlySet<string> = new Set(["b", "i", "u"]);
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", nbsp: "\u00a0", lrm: "\u200e", rlm: "\u200f", quot: '"', apos: "'" };
const MAX_LENGTH = 2_000;
const MAX_LINES = 12;
const TAG = /<(\/?)([A-Za-z][A-Za-z0-9]*)(?:[\s.][^<>]*)?>/g;

/** Empty when nothing is to be shown. */
export function cleanCueText(text: string): string {
  const plain = text
    .slice(0, MAX_LENGTH)
    .replace(/\r\n?|\u2028|\u2029|\u0085|\v|\f/g, "\n")
    .replace(/[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "");
  const formatted = linesOf(formatTags(linesOf(plain).slice(0, MAX_LINES).join("\n"))).join("\n");
  return formatted.replace(/<\/?[biu]>/g, "").trim() === "" ? "" : formatted;
}

/** An empty one would end the cue. */
function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

function formatTags(text: string): string {
  const open: string[] = [];
  let [at, out] = [0, ""];
  for (const match of text.matchAll(TAG)) {
    out += escape(text.slice(at, match.index));
    at = match.index + match[0].length;
    const name = (match[2] ?? "").toLowerCase();
    if (!STYLES.has(name)) continue;
    if (match[1] === "") {
      if (open.includes(name)) continue;
      open.push(name);
      out += `<${name}>`;
    } else if (open.at(-1) === name) {
      open.pop();
      out += `</${name}>`;
    }
  }
  return out + escape(text.slice(at)) + open.reverse().map((name) => `</${name}>`).join("");
}

/** `>` too: so that no `-->` is left, which ends a cue. */
function escape(text: string): string {
  return text
    .replace(/&(amp|lt|gt|nbsp|lrm|rlm|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? "")
    .replace(/[&<>]/g, (character) => (character === "&" ? "&amp;" : character === "<" ? "&lt;" : "&gt;"));
}
