/** Posts a URL to Lectern and plays its beginning, as a page with a player does. */
import { playFirstSegment } from "../../bin/add/first-play.ts";
import { postVideo } from "../../bin/add/gateway-client.ts";
import { api } from "../../test/support/api.ts";

/** From POST to the last byte of the first segment, of the picture and, where there is any, of the sound. */
export async function timeMesh(gatewayUrl: string, url: string, atFirstSegment: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  const { id, hls } = await postVideo({ url: gatewayUrl }, { url, policy: "lazy" });
  await playFirstSegment(hls);
  const ms = performance.now() - startedAt;
  await atFirstSegment();
  await api(gatewayUrl).remove(id);
  return ms;
}
