/** A body that must keep up a minimum rate, so that an origin that drips bytes cannot hold a connection for ever. */
import type { OriginLimits } from "./origin-limits.ts";
import { OriginTrouble } from "./attempts.ts";

/**
 * The body's own pieces. Only time spent waiting for the origin counts, not what the reader of this takes.
 * @param abort ends the request, which makes the body throw
 */
export async function* pacedBody(body: AsyncIterable<Buffer>, limits: OriginLimits, abort: (reason: Error) => void): AsyncGenerator<Buffer> {
  let received = 0;
  let waitedMs = 0;
  let waitingSince: number | undefined;
  const waited = (): number => waitedMs + (waitingSince === undefined ? 0 : performance.now() - waitingSince);
  const check = setInterval(() => {
    if (waited() > limits.graceMs + (received / limits.minBytesPerSec) * 1000) abort(new OriginTrouble("sends too slowly"));
  }, Math.min(1000, limits.graceMs / 2));
  try {
    waitingSince = performance.now();
    for await (const chunk of body) {
      waitedMs = waited();
      waitingSince = undefined;
      received += chunk.length;
      yield chunk;
      waitingSince = performance.now();
    }
  } finally {
    clearInterval(check);
  }
}
