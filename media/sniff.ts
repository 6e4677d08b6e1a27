/** What the first bytes of a source are, before any parser sees them. Pure. */

export type Sniffed =
  | { kind: "media"; container: string }
  /** A list, script or manifest that points at other resources. */
  | { kind: "reference"; what: string }
  /** Recognised, and not a video container that is read here. */
  | { kind: "other"; what: string }
  | { kind: "unknown" };

const ascii = (bytes: Uint8Array, start: number, end: number): string => Buffer.from(bytes.subarray(start, end)).toString("latin1");
const starts = (bytes: Uint8Array, ...signature: number[]): boolean => signature.every((byte, i) => bytes[i] === byte);
/** Box types that an ISO base media file may begin with. */
const ISO_BOXES = new Set(["ftyp", "moov", "mdat", "free", "skip", "wide", "pnot", "moof", "styp", "sidx"]);

export function sniff(head: Uint8Array): Sniffed {
  if (ISO_BOXES.has(ascii(head, 4, 8))) return { kind: "media", container: "mp4" };
  if (starts(head, 0x1a, 0x45, 0xdf, 0xa3)) return { kind: "media", container: "matroska" };
  const riff = ascii(head, 0, 4) === "RIFF" ? ascii(head, 8, 12) : "";
  if (riff === "AVI ") return { kind: "media", container: "avi" };
  if (riff === "WAVE") return { kind: "media", container: "wav" };
  if (riff !== "") return { kind: "other", what: `a RIFF file of type ${riff.trim()}` };
  if (ascii(head, 0, 3) === "FLV") return { kind: "media", container: "flv" };
  if (ascii(head, 0, 4) === "OggS") return { kind: "media", container: "ogg" };
  if (ascii(head, 0, 4) === "GIF8") return { kind: "media", container: "gif" };
  if (starts(head, 0x30, 0x26, 0xb2, 0x75)) return { kind: "media", container: "asf" };
  if (starts(head, 0, 0, 1, 0xba) || starts(head, 0, 0, 1, 0xb3)) return { kind: "media", container: "mpeg" };
  if (head[0] === 0x47 && head[188] === 0x47) return { kind: "media", container: "mpegts" };
  if (head[4] === 0x47 && head[196] === 0x47) return { kind: "media", container: "mpegts" }; // with 4 bytes of time a packet
  if (starts(head, 0xff, 0xfe)) return { kind: "unknown" }; // text as UTF-16: as MPEG audio it would be layer I, which nobody has
  if (ascii(head, 0, 3) === "ID3" || (head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0)) return { kind: "media", container: "mp3" };
  if (ascii(head, 0, 4) === "fLaC") return { kind: "media", container: "flac" };
  if (starts(head, 0x89, 0x50, 0x4e, 0x47)) return { kind: "other", what: "a PNG image" };
  if (starts(head, 0xff, 0xd8, 0xff)) return { kind: "other", what: "a JPEG image" };
  if (ascii(head, 0, 4) === "%PDF") return { kind: "other", what: "a PDF document" };
  return sniffText(ascii(head, 0, 4096));
}

function sniffText(text: string): Sniffed {
  const head = text.replace(/^(ï»¿)?\s*/, "");
  if (head.startsWith("#EXTM3U")) return { kind: "reference", what: "an HLS playlist" };
  if (/^ffconcat version/i.test(head)) return { kind: "reference", what: "a concat script" };
  if (/^v=0\r?\n/.test(head)) return { kind: "reference", what: "a session description (SDP)" };
  if (/<MPD[\s>]/.test(head)) return { kind: "reference", what: "a DASH manifest" };
  return { kind: "unknown" };
}

/** Behind a byte order mark, blanks, an XML declaration, comments. Written so that there is one way to match. */
const HTML = /^(?:ï»¿)?(?:\s|<\?xml[^>]*>|<!--(?:(?!-->)[\s\S])*-->)*<(?:!doctype html|html|head|body)/i;

/** Whether the bytes are a web page: the usual thing that comes instead of a video. */
export function looksLikeHtml(head: Uint8Array): boolean {
  return HTML.test(ascii(head, 0, 1024));
}

/** Whether nearly all of the bytes are printable text. */
export function looksLikeText(head: Uint8Array): boolean {
  const printable = head.filter((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte >= 0x80).length;
  return head.byteLength >= 16 && printable / head.byteLength > 0.98;
}
