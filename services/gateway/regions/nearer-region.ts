/** What a playlist's answer says of a better region. This one's always works, so it is refused to nobody. */
import { askedUrl } from "../links/link-path.ts";
import { sendEmpty, type Exchange } from "../exchange.ts";
import type { RegionGuide } from "./region-guide.ts";

/**
 * Answers with a redirect where that is the setting; else names the other region's address in a `Link` header.
 * @returns whether the request is answered
 */
export async function pointNearer({ req, res }: Pick<Exchange, "req" | "res">, guide: RegionGuide): Promise<boolean> {
  const nearer = await guide.elsewhere(req);
  if (nearer === undefined) return false;
  const target = new URL(nearer.url);
  const asked = new URL(askedUrl(req), "http://path");
  target.pathname = `${target.pathname.replace(/\/$/, "")}${asked.pathname}`;
  target.searchParams.set("region", nearer.name); // there it is a choice, which no other wisdom overrules
  if (nearer.redirect) {
    sendEmpty(res, 307, { "Location": target.href, "Cache-Control": "no-store", "Content-Length": "0" });
    return true;
  }
  res.setHeader("Link", `<${target.href}>; rel="alternate"; title="${nearer.name}"`);
  return false;
}
