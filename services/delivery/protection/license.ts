/** Pure: a licence of the browser's own ClearKey (W3C Encrypted Media Extensions 9.1.4). */
import { fail } from "../../../config/errors.ts";
import type { ContentKey } from "../../../mixins/content-key.ts";
import type { License } from "../delivery.contract.ts";

/** @throws no_content_key when the video's is not among `keyIds` */
export function writeLicense({ key, keyId }: ContentKey, keyIds: readonly string[]): License {
  const kid = keyId.toString("base64url");
  if (!keyIds.includes(kid)) throw fail("no_content_key", "None of these is the id of the video's key.");
  return { keys: [{ kty: "oct", kid, k: key.export().toString("base64url") }], type: "temporary" };
}
