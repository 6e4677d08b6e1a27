/**
 * A block list as a file: a hash a line, `sha256:` of a whole file, `print:` as a review shows it, `frame:` of a picture
 * (PDQ's form, 256 bits), each as 64 hexadecimal digits; what follows a blank, and lines that begin with `#`, are notes. Pure.
 */
import { parseHash } from "../../media/screening/frame-hash.ts";

export interface HashList { whole: ReadonlySet<string>; frames: readonly Uint8Array[] }

/** They are compared on the node's own thread: a hundredth of a second for each frame that was looked at. */
const MAX_FRAMES = 20_000;

/** @throws Error naming the first line that is none */
export function parseListFile(text: string, name: string): HashList {
  const whole = new Set<string>();
  const frames: Uint8Array[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    const entry = line.trim();
    if (entry === "" || entry.startsWith("#")) return;
    const [, kind, digits = ""] = /^(sha256|print|frame):([0-9a-fA-F]{64})(?:\s|$)/.exec(entry) ?? [];
    const hash = parseHash(digits);
    if (kind === undefined || hash === undefined) throw new Error(`${name}, line ${index + 1}: not sha256:, print: or frame: and 64 hexadecimal digits`);
    if (kind === "frame") frames.push(hash);
    else whole.add(digits.toLowerCase());
  });
  if (frames.length > MAX_FRAMES) throw new Error(`${name} has more than ${MAX_FRAMES} frames`);
  return { whole, frames };
}
