/** Names of sources in this node's caches. The part before the dot is the source, the rest its version. */
import { createHash } from "node:crypto";

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

export function addressKey(url: URL): string {
  return digest(`url ${url.href}`);
}

export function uploadKey(uploadId: string): string {
  return digest(`upload ${uploadId}`);
}

export function blocksKey(sourceKey: string, version: string): string {
  return `${sourceKey}.${digest(version)}`;
}
