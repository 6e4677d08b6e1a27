/**
 * What a manifest says of `cbcs` (ISO/IEC 23009-1 5.8.5.2, ISO/IEC 23001-7 11). It names ClearKey, and not where its licence
 * is: Shaka Player takes a relative address for one beside the page, and an absolute one would not go with the manifest.
 */
import { element, type Element } from "./xml.ts";

export const CENC_NAMESPACE = "urn:mpeg:cenc:2013";
const MP4_PROTECTION = "urn:mpeg:dash:mp4protection:2011";
const CLEAR_KEY = "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e";

/** @param keyId 16 bytes; undefined: the media are not encrypted */
export function contentProtection(keyId: Uint8Array | undefined): Element[] {
  if (keyId === undefined) return [];
  return [
    element("ContentProtection", { schemeIdUri: MP4_PROTECTION, value: "cbcs", "cenc:default_KID": formatUuid(keyId) }),
    element("ContentProtection", { schemeIdUri: CLEAR_KEY, value: "ClearKey1.0" }),
  ];
}

function formatUuid(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
