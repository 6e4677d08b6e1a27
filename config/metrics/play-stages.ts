/**
 * What the answer to a player can be spent on, in the order in which it is: a plan that is waited for; the look where the bytes
 * are; what another request had already begun; a slot on the node that makes it; bytes of the source; the making itself, to its
 * first bytes; and all of it, at the gateway.
 */
export const STAGES = ["plan", "cache", "join", "wait", "fetch", "repackage", "encode", "image", "total"] as const;
export type Stage = (typeof STAGES)[number];

/** What was asked for: `warm` is what somebody had already. */
export const PLAY_CLASSES = ["playlist", "image", "repackage_warm", "repackage_cold", "encode_warm", "encode_cold"] as const;
export type PlayClass = (typeof PLAY_CLASSES)[number];
