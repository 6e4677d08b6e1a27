/** As much of HLS as it takes to start like a player: the first variant, its audio, their first files (RFC 8216). */

/** Absolute URLs. `audio` is there when the first variant's sound comes by itself. */
export interface MasterPick { readonly video: string; readonly audio?: string }
/** Absolute URLs. `init` (EXT-X-MAP, 4.3.2.5) is absent for formats that need none. */
export interface FirstFiles { readonly init?: string; readonly segment: string }

/** @throws SyntaxError when `text` is no master playlist with a variant */
export function parseMaster(text: string, baseUrl: string): MasterPick {
  const lines = readLines(text);
  const at = lines.findIndex((line) => line.startsWith("#EXT-X-STREAM-INF:"));
  const video = lines.slice(at + 1).find((line) => !line.startsWith("#"));
  if (at < 0 || video === undefined) throw new SyntaxError("the master playlist has no variant");
  const group = attributes(lines[at] ?? "").get("AUDIO");
  const media = lines.filter((line) => line.startsWith("#EXT-X-MEDIA:")).map(attributes);
  const choices = group === undefined ? [] : media.filter((one) => one.get("TYPE") === "AUDIO" && one.get("GROUP-ID") === group);
  const audio = (choices.find((one) => one.get("DEFAULT") === "YES") ?? choices[0])?.get("URI"); // no URI: the sound is in the variant
  return { video: resolve(video, baseUrl), ...(audio === undefined ? {} : { audio: resolve(audio, baseUrl) }) };
}

/** @throws SyntaxError when `text` is no media playlist with a segment */
export function parseFirstFiles(text: string, baseUrl: string): FirstFiles {
  const lines = readLines(text);
  const map = lines.find((line) => line.startsWith("#EXT-X-MAP:"));
  const init = map === undefined ? undefined : attributes(map).get("URI");
  const at = lines.findIndex((line) => line.startsWith("#EXTINF:"));
  const segment = lines.slice(at + 1).find((line) => !line.startsWith("#"));
  if (at < 0 || segment === undefined) throw new SyntaxError("the media playlist has no segment");
  return { segment: resolve(segment, baseUrl), ...(init === undefined ? {} : { init: resolve(init, baseUrl) }) };
}

/** @throws SyntaxError unless it opens as a playlist must (4.3.1.1) */
function readLines(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  if (lines[0] !== "#EXTM3U") throw new SyntaxError("this is no playlist");
  return lines;
}

/** @throws SyntaxError */
function resolve(uri: string, baseUrl: string): string {
  if (!URL.canParse(uri, baseUrl)) throw new SyntaxError(`"${uri}" is no URL`);
  return new URL(uri, baseUrl).href;
}

/** An attribute list (4.2): quoted values may hold commas. */
function attributes(line: string): Map<string, string> {
  const list = line.slice(line.indexOf(":") + 1);
  return new Map([...list.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^",]*))/g)].map(([, name = "", quoted, plain]) => [name, quoted ?? plain ?? ""]));
}
