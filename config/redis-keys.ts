/** Every key this project uses in Redis. All of it can be lost: the object store has the truth. */
export function redisKeys(namespace: string) {
  return {
    /** String: the bytes of a recently made segment, for other nodes of the region. Expires. */
    warmSegment: (videoId: string, rendition: string, name: string) => `${namespace}:warm:${videoId}/${rendition}/${name}`,
    /** String: node id; held while one node makes a segment. Expires. */
    flight: (videoId: string, rendition: string, name: string) => `${namespace}:flight:${videoId}/${rendition}/${name}`,
    /** Bitmap: bit n is set when segment n of the rendition is in the object store. */
    stored: (videoId: string, rendition: string) => `${namespace}:stored:${videoId}/${rendition}`,
    /** Bitmap: bit n is set when segment n of the rendition was refused. */
    refused: (videoId: string, rendition: string) => `${namespace}:refused:${videoId}/${rendition}`,
    /** Stream: what happened to a video, for server-sent events. Bounded; expires. */
    events: (videoId: string) => `${namespace}:events:${videoId}`,
    /** Hash: when each step of a video was reached, in ms since 1970. Expires. */
    moments: (videoId: string) => `${namespace}:moments:${videoId}`,
    /** Sorted set: video ids by time of creation, for lists. */
    catalog: `${namespace}:catalog`,
    /** The same of one tenant's. */
    tenantCatalog: (tenant: string) => `${namespace}:catalog:${tenant}`,
    /** Hash: until when a host is left alone, and how far its rates are used up, in ms of Redis' clock. Expires. */
    hostTimes: (host: string) => `${namespace}:host:{${host}}:times`,
    /** Sorted set: requests to a host that are under way, by when they are given up. Expires. */
    hostLeases: (host: string) => `${namespace}:host:{${host}}:leases`,
    /** Hash: which node reads which part of a source from its origin. Expires. */
    blockOwners: (sourceId: string) => `${namespace}:blocks:${sourceId}`,
    /** String: which node screens a video. Expires. */
    screening: (videoId: string) => `${namespace}:screening:${videoId}`,
    /** String: which node carries out an order to erase a person. Expires. */
    erasing: (orderId: string) => `${namespace}:erasing:${orderId}`,
    /** Sorted set: groups of errors by when they were last seen, in ms. Expires. */
    errorIndex: `${namespace}:errors:index`,
    /** Hash: a group of errors. Expires. */
    errorGroup: (groupId: string) => `${namespace}:errors:group:${groupId}`,
    /** String: what a node told of errors has been recorded. Expires. */
    errorsTold: (batch: string) => `${namespace}:errors:told:${batch}`,
    /** Hash: when each API key was last used, ISO 8601. */
    keysUsed: `${namespace}:keys-used`,
    /** Integer: how often a caller asked for something in a minute (of those since 1970). `caller` is a digest. Expires. */
    asked: (caller: string, minute: number) => `${namespace}:asked:${caller}:${minute}`,
    /** Prefix of the work queue's keys, which mixins/work-queue/lua/common.lua lists. */
    queuePrefix: `${namespace}:queue`,
  };
}

export type RedisKeys = ReturnType<typeof redisKeys>;
