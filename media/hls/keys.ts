/**
 * How playlists name the key (RFC 8216bis 4.4.4.4). Its address is relative to the playlist, like every other here. All
 * tags follow EXT-X-MAP: init segments are never encrypted as a whole.
 *
 *   formatKeys(playing, "../") → string[]        of a media playlist
 *   formatSessionKeys(playing) → string[]        of the multivariant playlist
 */
import { formatAttributes, quoted } from "./attributes.ts";

/** What a playlist says of the protection. `iv`: the constant one, 16 bytes. */
export type PlaylistProtection = { protection: "none" } | { protection: "aes-128" } | { protection: "cbcs"; iv: Uint8Array };

/** What a browser's own ClearKey is called; hls.js knows it by this name, and Shaka Player and AVFoundation go by `identity`. */
const CLEAR_KEY = "org.w3.clearkey";

export function formatKeys(playing: PlaylistProtection, base: string): string[] {
  switch (playing.protection) {
    case "none": return [];
    // Without an IV it is the media sequence number (5.2): one line, which every player has known from the beginning.
    case "aes-128": return [`#EXT-X-KEY:${wholeSegments(base)}`];
    case "cbcs": return [identity(playing.iv, base), clearKey(playing.iv, base)].map((attributes) => `#EXT-X-KEY:${attributes}`);
    default: return playing satisfies never;
  }
}

export function formatSessionKeys(playing: PlaylistProtection): string[] {
  switch (playing.protection) {
    case "none": return [];
    case "aes-128": return [`#EXT-X-SESSION-KEY:${wholeSegments("")}`];
    // Not `identity`: the key's id is in the init segments, and who reads this line has none yet.
    case "cbcs": return [`#EXT-X-SESSION-KEY:${clearKey(playing.iv, "")}`];
    default: return playing satisfies never;
  }
}

const wholeSegments = (base: string): string => formatAttributes({ METHOD: "AES-128", URI: quoted(`${base}key`) });

const bySamples = (iv: Uint8Array, uri: string, format: string): string =>
  formatAttributes({ METHOD: "SAMPLE-AES", URI: quoted(uri), IV: `0x${Buffer.from(iv).toString("hex")}`, KEYFORMAT: quoted(format), KEYFORMATVERSIONS: quoted("1") });

const identity = (iv: Uint8Array, base: string): string => bySamples(iv, `${base}key`, "identity");
const clearKey = (iv: Uint8Array, base: string): string => bySamples(iv, `${base}license`, CLEAR_KEY);
