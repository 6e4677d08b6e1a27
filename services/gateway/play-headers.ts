/** Headers of what is for players: any page may play it, and read how long it took. */
export const PLAY_HEADERS = { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Server-Timing, X-Request-Id, Content-Length, Retry-After", "Timing-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };
/** With what the path takes: a licence is asked for by POST. */
export const PLAY_PREFLIGHT = { "Access-Control-Allow-Headers": "Content-Type, Range, If-None-Match, Traceparent, CMCD-Request, CMCD-Object, CMCD-Status, CMCD-Session", "Access-Control-Max-Age": "86400" };
/** Of media: a client may keep them for ever. */
export const MEDIA_HEADERS = { "Content-Type": "video/mp4", "Cache-Control": "public, max-age=31536000, immutable" };
/** Of every answer. */
export const SAFE_HEADERS = { "X-Content-Type-Options": "nosniff" };
