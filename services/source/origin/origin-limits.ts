/** How long we wait for an origin and how hard we lean on it. */
export interface OriginLimits {
  resolveMs: number;
  /** DNS, TCP and TLS together. */
  connectMs: number;
  /** Until the host's budget has room for a request. */
  turnMs: number;
  /** From the request sent to the answer's headers. */
  headersMs: number;
  /** Between two pieces of a body. */
  idleMs: number;
  /** A body may take `graceMs` and, beyond it, as long as its bytes take at `minBytesPerSec`: slow drips end. */
  graceMs: number;
  minBytesPerSec: number;
  /** Opening a source in total: redirects, waits, retries and, where the origin tells no size, all of the file. */
  openMs: number;
  /** Fetching blocks in total, retries and all: so long and, beyond it, as long as their bytes take at `minBytesPerSec`. */
  fetchMs: number;
  /** A read waits so long for a file without ranges to come to its place; then its caller may wait outside. */
  passageMs: number;
  /** A file that the origin gives no validator of is sampled again after so long. */
  sampleAgainMs: number;
  /** After the first attempt. Progress starts the count anew. */
  retries: number;
  /** Before the first retry, doubled for each further one, with jitter. */
  backOffMs: number;
  /** A longer Retry-After ends the attempt. */
  retryAfterMaxMs: number;
  /** Connections of this node to one host, through one way out; the region's requests are the policy's matter. */
  perHost: number;
  maxRedirects: number;
}

export const ORIGIN_LIMITS: OriginLimits = {
  resolveMs: 5_000,
  connectMs: 5_000,
  turnMs: 20_000,
  headersMs: 10_000,
  idleMs: 15_000,
  graceMs: 15_000,
  minBytesPerSec: 32 * 1024,
  openMs: 110_000, // ends before the action `open` does
  fetchMs: 45_000, // with a block's time, before `read` does
  passageMs: 1_000,
  sampleAgainMs: 5 * 60_000,
  retries: 2,
  backOffMs: 200,
  retryAfterMaxMs: 10_000,
  perHost: 6,
  maxRedirects: 5,
};
