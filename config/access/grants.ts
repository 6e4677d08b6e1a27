/** What a link to a private video grants, and how it ends. Pure. */
import { createHash } from "node:crypto";

/** `play`: playlists, segments, captions, keys; `images`: stills and previews; `clip`: clips to download. The video's state comes with each. */
export const USES = ["play", "images", "clip"] as const;
export type Use = (typeof USES)[number];

/** What a gateway read from a link that it found good. */
export interface Grant {
  videoId: string;
  uses: readonly Use[];
  linkId: string;
  /** The last revocation of all of the video's links when this one was made. */
  since: number;
  /** `tenantMark` of the video's tenant. */
  tenant: string;
  /** ms since 1970. */
  until: number;
}

/** `all`: links whose `since` is less are ended; 0: none are. `links`: ids of single ones. */
export interface Revocations { all: number; links: readonly string[] }

export function isRevoked({ since, linkId }: Grant, { all, links }: Revocations): boolean {
  return since < all || links.includes(linkId);
}

/** A tenant in eight hexadecimal digits, so that a link is short and names nobody. */
export function tenantMark(tenant: string): string {
  return createHash("sha256").update(tenant).digest("hex").slice(0, 8);
}
