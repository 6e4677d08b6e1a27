/**
 * The calls that are placed by their key, wherever their caller is: work on the bytes of a video, for which a node that had
 * them before has the index parsed, blocks of the source, and where there is no index a copy. All others stay on the
 * caller's node when that has the service, for what lies below it (see `services.ts`) is there for it.
 *
 * Each may be made twice with the same result, so it is tried again elsewhere when its node dies. Keys come from the
 * parameters alone, which the action itself checks; what a caller says of itself (`meta`) has no part in it.
 */
const KEYS: Readonly<Record<string, (params: Params) => unknown>> = {
  "validator.validate": ({ id }) => id, // with it the index is warm where the first segments will be made
  "screening.screen": ({ id }) => id,
  "transcoder.make": ({ videoId }) => videoId,
  "transcoder.keyFrame": ({ videoId }) => videoId,
  "transcoder.captions": ({ videoId }) => videoId,
  "transcoder.still": ({ videoId }) => videoId,
  "transcoder.sheet": ({ videoId }) => videoId,
  "transcoder.clip": ({ videoId }) => videoId,
};

const STAYING: readonly string[] = ["validator.validate", "screening.screen"];

type Params = Partial<Record<string, unknown>>;

/** No id is longer; hashing what is not one must not cost more. */
const MAX_KEY = 64;

/** May be asked of the same node again, or made without it, at no harm; a viewer waits for them. */
const REPEATABLE: readonly string[] = ["cache.open"];

export function isPlaced(action: string): boolean {
  return Object.hasOwn(KEYS, action);
}

/** Whether its caller may give it up and ask another node. */
export function isRepeatable(action: string): boolean {
  return isPlaced(action) || REPEATABLE.includes(action);
}

/** Whether it leaves its region only when nobody there takes it: what it finds is written down where it runs. */
export function staysInRegion(action: string): boolean {
  return STAYING.includes(action);
}

/** Undefined when the call has none, or parameters that are not what they should be. */
export function findKey(action: string, params: unknown): string | undefined {
  if (!isPlaced(action) || typeof params !== "object" || params === null) return undefined;
  const key = KEYS[action]?.(params);
  return typeof key === "string" && key !== "" ? key.slice(0, MAX_KEY) : undefined;
}
