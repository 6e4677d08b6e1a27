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
    /** String: the run of Redis in which the lists were found whole. Expires. */
    catalogWhole: `${namespace}:catalog-whole`,
    /** String: held while one node looks whether they are. Expires. */
    catalogLook: `${namespace}:catalog-look`,
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
    /** Hash: of one load of a page, since when it watches a video and how much it did. Expires. */
    usageSession: (videoId: string, session: string) => `${namespace}:usage-session:${videoId}:${session}`,
    /** Bitmap: parts of the video that it watched, and reports that it sent. Expires. */
    usageMarks: (videoId: string, session: string) => `${namespace}:usage-marks:${videoId}:${session}`,
    /** Integer: sessions of one household that watched a video on a day. `household` is a name of that day. Expires. */
    usageHousehold: (day: string, videoId: string, household: string) => `${namespace}:usage-household:${day}:${videoId}:${household}`,
    /** String: a secret of the day, for names of viewers. Expires. */
    usageSalt: (day: string) => `${namespace}:usage-salt:${day}`,
    /** String: that a node's counts have been added. Expires. */
    usageTold: (batchId: string) => `${namespace}:usage-told:${batchId}`,
    /** Hash: what was counted of a video on a day. Expires. */
    usageDay: (day: string, videoId: string) => `${namespace}:usage-day:${day}:${videoId}`,
    /** HyperLogLog: who watched it then, by names of that day. Expires. */
    usageViewers: (day: string, videoId: string) => `${namespace}:usage-viewers:${day}:${videoId}`,
    /** Sets of `<day>/<video>`: what is to be written to the store, and what is here at all. */
    usageDirty: `${namespace}:usage-dirty`,
    usageOpen: `${namespace}:usage-open`,
    /** String: which node forgets that a deleted video was watched. Expires. */
    usageForgetting: (videoId: string) => `${namespace}:usage-forgetting:${videoId}`,
    /** String: which node writes that to the store. Expires. */
    usageWriter: `${namespace}:usage-writer`,
    /** String: which node ends days that only the store knows. Expires. */
    usageEnder: `${namespace}:usage-ender`,
    /** String: up to which day they are. */
    usageEnded: `${namespace}:usage-ended`,
    /** Sorted set: webhooks' endpoints by when their first delivery is due, in ms. */
    webhooksDue: `${namespace}:webhooks:due`,
    /** Sorted set: messages for an endpoint by when they are due. */
    webhookDue: (endpointId: string) => `${namespace}:webhooks:due:${endpointId}`,
    /** Hash: how often each of them was tried in vain. */
    webhookAttempts: (endpointId: string) => `${namespace}:webhooks:due:${endpointId}:attempts`,
    /** Hash: what became of the last messages to an endpoint. Expires. */
    webhookLog: (endpointId: string) => `${namespace}:webhooks:log:${endpointId}`,
    /** Sorted set: those messages by when something became of them. Expires. */
    webhookLogged: (endpointId: string) => `${namespace}:webhooks:logged:${endpointId}`,
    /** Hash: since when an endpoint fails. Expires. */
    webhookHealth: (endpointId: string) => `${namespace}:webhooks:health:${endpointId}`,
    /** String: which node looks for events that were lost. Expires. */
    webhooksSweep: `${namespace}:webhooks:sweep`,
    /** Hash: when each API key was last used, ISO 8601. */
    keysUsed: `${namespace}:keys-used`,
    /** Integer: how often a caller asked for something in a minute (of those since 1970). `caller` is a digest. Expires. */
    asked: (caller: string, minute: number) => `${namespace}:asked:${caller}:${minute}`,
    /** Hash: a day's load of a region, by minutes of the day. Expires. */
    load: (region: string, day: string) => `${namespace}:load:${region}:${day}`,
    /** String: what a region expects, as its nodes last said. Expires. */
    outlook: (region: string) => `${namespace}:outlook:${region}`,
    /** String: which node writes both. Expires. */
    capacityLease: (region: string) => `${namespace}:capacity:${region}`,
    /** Hash: to which videos viewers of one went on, and how many. Expires. */
    moves: (videoId: string) => `${namespace}:forecast:moves:${videoId}`,
    /** Sorted set: lectures of a course by their order. `digest` is of its name. Expires. */
    course: (tenant: string, digest: string) => `${namespace}:forecast:course:${tenant}/${digest}`,
    /** Hash: videos that viewers are expected to begin, why and until when. Expires. */
    expected: `${namespace}:forecast:expected`,
    /** Hash: what was made for viewers who are expected, and has not been watched. Expires. */
    expectedMade: `${namespace}:forecast:made`,
    /** Sorted set: videos by when somebody began them last, in ms since 1970. Expires. */
    forecastBegun: `${namespace}:forecast:begun`,
    /** Hash: what forecasts took in an hour (of those since 1970): ms of a processor and bytes. Expires. */
    forecastSpent: (hour: number) => `${namespace}:forecast:spent:${hour}`,
    /** String: the node that looks after forecasts. Expires. */
    forecaster: `${namespace}:forecast:node`,
    /** Prefix of the work queue's keys, which mixins/work-queue/lua/common.lua lists. */
    queuePrefix: `${namespace}:queue`,
  };
}

export type RedisKeys = ReturnType<typeof redisKeys>;
