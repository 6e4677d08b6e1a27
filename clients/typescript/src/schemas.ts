// Made from the OpenAPI document by scripts/make-client-types.ts. Change that, not this.

export type CreatedKey = Key & {
  /**
   * the key itself, shown this once
   */
  key: string;
};
export type WebhookSecret = Webhook & {
  /**
   * `whsec_…`, shown this once
   */
  secret: string;
};

export interface SubmitRequest {
  /**
   * http(s) URL of the source; or uploadId
   */
  url?: string;
  /**
   * of an upload, or of a resumable one that has begun
   */
  uploadId?: string;
  title?: string;
  /**
   * whose video it is: tenants share the encoders fairly
   */
  tenant?: string;
  /**
   * `public`: for whoever knows its id; `private`: for those with a key or a link; by default what this mesh is set to. The same source may be both: two videos
   */
  visibility?: "public" | "private";
  /**
   * encode what is watched, what is likely to be, or everything
   */
  policy?: "lazy" | "hybrid" | "eager";
  /**
   * how the media travel to players; by default as the setting says
   */
  protection?: "none" | "aes-128" | "cbcs";
  priority?: "high" | "normal" | "low";
  labels?: {
    [k: string]: string;
  };
  /**
   * the region that is to work on it; by default the best one for who asks
   */
  region?: string;
}
export interface Video {
  id: string;
  /**
   * `ready`: it plays; `complete`: all planned segments are stored, but for those that `quality` says were refused
   */
  status: "submitted" | "rejected" | "ready" | "complete" | "failed" | "deleted";
  title?: string;
  createdAt: string;
  source?: {};
  tenant?: string;
  visibility: "public" | "private";
  policy?: string;
  protection?: "none" | "aes-128" | "cbcs";
  priority?: string;
  labels?: {
    [k: string]: string;
  };
  reasons?: Reason[];
  durationSec?: number;
  renditions?: {
    name?: string;
    kind?: "video" | "audio";
    mode?: "repackage" | "encode";
    codecs?: string;
    width?: number;
    height?: number;
    storedSegments?: number;
    plannedSegments?: number;
    segments?: number;
  }[];
  /**
   * what is unusual about the source, and what it costs
   */
  notes?: {
    code: "non_standard" | "audio_dropped" | "frames_dropped" | "cut_by_time";
    message: string;
  }[];
  progress?: {
    stage?: "validating" | "planning" | "encoding" | "done";
    storedSegments?: number;
    plannedSegments?: number;
    etaSec?: number;
  };
  /**
   * what checks of the segments found so far; refused ones are not stored, and made anew when they are watched
   */
  quality?: {
    checkedSegments?: number;
    refusedSegments?: number;
    renditions?: {
      name?: string;
      checkedSegments?: number;
      madeAgain?: number;
      minSsim?: number;
      meanSsim?: number;
      vmaf?: number;
      sourceErrors?: number;
    }[];
    refused?: {
      rendition?: string;
      segment?: number;
      fault?:
        | "boxes"
        | "key_frame"
        | "frame_count"
        | "decode_times"
        | "presentation_times"
        | "bytes"
        | "decode"
        | "picture"
        | "colour"
        | "shifted"
        | "black"
        | "frozen"
        | "silent"
        | "sync";
      detail?: string;
    }[];
  };
  screening?: ScreeningState;
  /**
   * the source was already this video
   */
  existing?: boolean;
  /**
   * the region that accepted it; absent where there is one
   */
  region?: string;
  /**
   * in the answer to a post: other regions that have its record already
   */
  replicatedTo?: string[];
  playback: {
    hls?: string;
    /**
     * absent under `aes-128`
     */
    dash?: string;
    page?: string;
  };
}
export interface Reason {
  class:
    | "empty"
    | "not_media"
    | "truncated"
    | "corrupt"
    | "unsupported_container"
    | "unsupported_codec"
    | "forbidden_reference"
    | "no_video_stream"
    | "limit_dimensions"
    | "limit_duration"
    | "limit_streams"
    | "encrypted"
    | "source_refused"
    | "source_unreachable"
    | "source_changed"
    | "upload_incomplete"
    | "encode_failed"
    | "worker_lost"
    | "cancelled";
  message: string;
}
/**
 * a person's decision where there is one; absent where videos are not screened
 */
export interface ScreeningState {
  verdict: "pass" | "review" | "block" | "pending";
  /**
   * whether it plays for everybody
   */
  public: boolean;
  at?: string;
  reviewed?: boolean;
  findings: {
    code?:
      | "listed_bytes"
      | "listed_frames"
      | "similar_frames"
      | "blocked_twin"
      | "foreign_content"
      | "unreferenced_bytes"
      | "declared_otherwise"
      | "flashes"
      | "black"
      | "frozen"
      | "silent"
      | "empty"
      | "loud"
      | "classified"
      | "unscreened";
    message?: string;
    verdict?: "pass" | "review" | "block";
  }[];
}
export interface Upload {
  uploadId: string;
  size: number;
  sha256: string;
}
export interface Region {
  name: string;
  own: boolean;
  url: string;
  healthy: boolean;
  dark?: boolean;
  nodes?: number;
  /**
   * of its store, from here
   */
  latencyMs?: number | null;
  place?: {
    latitude?: number;
    longitude?: number;
  };
  countries?: string[];
  /**
   * what this node has to copy there
   */
  waiting?: number;
  lagSec?: number;
}
export interface NodeStanding {
  id?: string;
  /**
   * `unknown`: the node says nothing of it; `away`: the mesh does not hear of it
   */
  state?: "active" | "draining" | "drained" | "quarantined" | "unknown" | "away";
  reasons?: {
    code?: string;
    message?: string;
  }[];
  since?: string;
  /**
   * work that a drain waits for, by kind
   */
  running?: {
    [k: string]: number;
  };
}
export interface Node {
  id?: string;
  available?: boolean;
  /**
   * `unknown`: the node says nothing of it; `away`: the mesh does not hear of it
   */
  state?: "active" | "draining" | "drained" | "quarantined" | "unknown" | "away";
  reasons?: {
    code?: string;
    message?: string;
  }[];
  since?: string;
  /**
   * work that a drain waits for, by kind
   */
  running?: {
    [k: string]: number;
  };
  region?: string | null;
  services?: string[];
  host?: string | null;
  cpuPercent?: number | null;
  gateway?: boolean;
  uptimeSec?: number;
  /**
   * of FFmpeg, where the node transcodes; `play` and `background` are in use
   */
  slots?: {
    total?: number;
    play?: number;
    background?: number;
    waiting?: number;
  };
  versions?: {
    node?: string;
    moleculer?: string;
    protocol?: number;
  };
}
export interface LaneCounts {
  lane?: "play" | "normal" | "bulk";
  waiting?: number;
  active?: number;
  /**
   * set aside
   */
  failed?: number;
  paused?: boolean;
  /**
   * how long what has waited longest waits
   */
  oldestMs?: number;
}
export interface Job {
  id?: string;
  lane?: "play" | "normal" | "bulk";
  tenant?: string;
  /**
   * the video
   */
  group?: string;
  state?: "waiting" | "active" | "delayed" | "dead";
  data?: {
    videoId?: string;
    renditions?: string[];
    first?: number;
    last?: number;
    lane?: string;
  };
  cost?: number;
  /**
   * ms since 1970
   */
  addedAt?: number;
  attempts?: number;
  /**
   * nodes that ran it and died, or stood still
   */
  stalls?: number;
  runners?: {
    owner?: string;
    since?: number;
    progress?: number;
  }[];
  /**
   * the request that it goes back to
   */
  cause?: string;
  message?: string;
  code?: string;
}
export interface Trace {
  requestId?: string;
  /**
   * as a collector of traces has it
   */
  traceId?: string;
  /**
   * why it is kept; null: it is one of the latest
   */
  why?: "sampled" | "asked" | "failed" | "slow" | null;
  at?: string;
  durationMs?: number;
  /**
   * each followed by what it is made of
   */
  spans?: {
    id?: string;
    parentId?: string;
    name?: string;
    kind?: "server" | "internal" | "client";
    node?: string;
    depth?: number;
    sinceStartMs?: number;
    durationMs?: number;
    tags?: {};
    error?: string;
  }[];
  /**
   * spans that found no room
   */
  lost?: number;
  /**
   * of work in the background: the request that it goes back to
   */
  cause?: string;
  caused?: string[];
  /**
   * nodes that did not answer
   */
  silent?: string[];
}
export interface Why {
  id?: string;
  status?: string;
  totalMs?: number;
  sentence?: string;
  steps?: {
    name?: string;
    at?: string;
    sinceStartMs?: number;
    /**
     * since the step before
     */
    afterMs?: number;
  }[];
  /**
   * of the whole time, the largest first
   */
  parts?: {
    name?: "validating" | "planning" | "waiting" | "making" | "delayed" | "other" | "unknown";
    ms?: number;
    share?: number;
  }[];
  queue?: {
    lane?: "play" | "normal" | "bulk";
    /**
     * chunks that waited in the lane when the video's came
     */
    ahead?: number;
    paused?: boolean;
    waiting?: number;
    active?: number;
    taken?: number;
    completed?: number;
    failures?: number;
    stalls?: number;
    nodes?: {
      node?: string;
      ms?: number;
    }[];
  };
}
export interface Access {
  subject: string;
  roles: ("viewer" | "submitter" | "operator" | "auditor" | "admin")[];
  tenant?: string;
  permissions: string[];
  /**
   * what a video is that is posted without saying
   */
  newVideos?: "public" | "private";
}
export interface KeyRequest {
  name: string;
  roles: ("viewer" | "submitter" | "operator" | "auditor" | "admin")[];
  /**
   * the only one whose things it may touch; absent: that of the key that makes it
   */
  tenant?: string;
  scopes?: (
    | "open"
    | "videos.watch"
    | "videos.watchPrivate"
    | "videos.list"
    | "videos.submit"
    | "videos.delete"
    | "links.create"
    | "links.manage"
    | "videos.explain"
    | "usage.read"
    | "timetable.write"
    | "videos.operate"
    | "videos.review"
    | "reviews.watch"
    | "mesh.watch"
    | "mesh.operate"
    | "keys.manage"
    | "webhooks.watch"
    | "webhooks.manage"
    | "audit.read"
    | "persons.read"
    | "persons.readOwn"
    | "persons.erase"
    | "inside"
  )[];
  expiresAt?: string;
}
export interface Key {
  id: string;
  name: string;
  roles: ("viewer" | "submitter" | "operator" | "auditor" | "admin")[];
  /**
   * the only one whose things it may touch; absent: that of the key that makes it
   */
  tenant?: string;
  scopes?: (
    | "open"
    | "videos.watch"
    | "videos.watchPrivate"
    | "videos.list"
    | "videos.submit"
    | "videos.delete"
    | "links.create"
    | "links.manage"
    | "videos.explain"
    | "usage.read"
    | "timetable.write"
    | "videos.operate"
    | "videos.review"
    | "reviews.watch"
    | "mesh.watch"
    | "mesh.operate"
    | "keys.manage"
    | "webhooks.watch"
    | "webhooks.manage"
    | "audit.read"
    | "persons.read"
    | "persons.readOwn"
    | "persons.erase"
    | "inside"
  )[];
  expiresAt?: string;
  createdAt: string;
  createdBy?: string;
  revokedAt?: string;
  lastUsedAt?: string;
}
export interface AuditRecord {
  chain: string;
  seq: number;
  at: string;
  node: string;
  /**
   * `begun`: is about to be done; `done`; `access`: something was seen; `refused`: tried in vain, `count` times within a minute; `opened`, `closed`: the chain; others are what services say of themselves
   */
  type: string;
  action?: string;
  permission?: string;
  operation?: string;
  who?: {
    subject?: string;
    tenant?: string;
    roles?: string[];
  };
  /**
   * pseudonym of the client's address
   */
  from?: string;
  target?: {};
  /**
   * `ok`, or an error's code
   */
  result?: string;
  requestId?: string;
  /**
   * `seq` of the `begun` of a `done`
   */
  begun?: number;
  count?: number;
  since?: string;
}
export interface LinkRequest {
  /**
   * by default four hours; a viewer's link lives for no longer, others' for what the mesh is set to
   */
  expiresInSec?: number;
  /**
   * `play`: playlists, segments, captions; `images`: stills and previews; `clip`: clips. The video's state comes with each
   *
   * @minItems 1
   */
  uses?: ("play" | "images" | "clip")[];
  /**
   * good only in the network of who asks for it: of IPv4 a /24, of IPv6 a /56
   */
  bindAddress?: boolean;
}
export interface Link {
  /**
   * by which it can be ended
   */
  linkId: string;
  expiresAt: string;
  expiresInSec: number;
  /**
   * `play`: playlists, segments, captions; `images`: stills and previews; `clip`: clips. The video's state comes with each
   *
   * @minItems 1
   */
  uses: ("play" | "images" | "clip")[];
  /**
   * where it leads, as far as it is for that; `~…` in the path is the link, so what is relative to it has it too
   */
  playback: {
    video?: string;
    hls?: string;
    dash?: string;
    page?: string;
    storyboard?: string;
    frame?: string;
    clip?: string;
  };
}
export interface ReviewSummary {
  id: string;
  title?: string;
  tenant: string;
  createdAt?: string;
  screenedAt?: string;
  mode?: "publish-first" | "screen-first";
  verdict: "pass" | "review" | "block";
  reasons: {
    code?:
      | "listed_bytes"
      | "listed_frames"
      | "similar_frames"
      | "blocked_twin"
      | "foreign_content"
      | "unreferenced_bytes"
      | "declared_otherwise"
      | "flashes"
      | "black"
      | "frozen"
      | "silent"
      | "empty"
      | "loud"
      | "classified"
      | "unscreened";
    message?: string;
  }[];
  /**
   * pictures of the evidence
   */
  frames?: number;
}
export interface Review {
  id: string;
  title?: string;
  tenant: string;
  createdAt?: string;
  screenedAt?: string;
  mode?: "publish-first" | "screen-first";
  verdict: "pass" | "review" | "block";
  reasons?: {
    code?:
      | "listed_bytes"
      | "listed_frames"
      | "similar_frames"
      | "blocked_twin"
      | "foreign_content"
      | "unreferenced_bytes"
      | "declared_otherwise"
      | "flashes"
      | "black"
      | "frozen"
      | "silent"
      | "empty"
      | "loud"
      | "classified"
      | "unscreened";
    message?: string;
  }[];
  /**
   * pictures of the evidence
   */
  frames?: number;
  findings: {
    code:
      | "listed_bytes"
      | "listed_frames"
      | "similar_frames"
      | "blocked_twin"
      | "foreign_content"
      | "unreferenced_bytes"
      | "declared_otherwise"
      | "flashes"
      | "black"
      | "frozen"
      | "silent"
      | "empty"
      | "loud"
      | "classified"
      | "unscreened";
    message: string;
    verdict: "pass" | "review" | "block";
    figures?: {
      [k: string]: number | string;
    };
    /**
     * ticks of the video track
     */
    frames?: number[];
  }[];
  scores?: {
    [k: string]: number;
  };
  classifier?: {
    name?: string;
    version?: string;
  };
  cost?: {
    seconds?: number;
    frames?: number;
    bytes?: number;
  };
  evidence: {
    n?: number;
    /**
     * seconds
     */
    at?: number;
    codes?: (
      | "listed_bytes"
      | "listed_frames"
      | "similar_frames"
      | "blocked_twin"
      | "foreign_content"
      | "unreferenced_bytes"
      | "declared_otherwise"
      | "flashes"
      | "black"
      | "frozen"
      | "silent"
      | "empty"
      | "loud"
      | "classified"
      | "unscreened"
    )[];
  }[];
  decision?: {
    verdict?: "pass" | "block";
    note?: string;
    at?: string;
    by?: string;
  };
}
export interface Decision {
  verdict: "pass" | "block";
  note?: string;
}
export interface ErrorSummary {
  id: string;
  /**
   * `resolved`: an operator says that it is over; `regressed`: it was, and was seen again
   */
  state: "open" | "regressed" | "resolved" | "muted";
  severity: "critical" | "error" | "warning";
  /**
   * an error of the table; or `unexpected`, `crashed`, `segment_refused`, `unscreened`, or one of the mesh's own
   */
  code: string;
  service: string;
  /**
   * where it began
   */
  action: string;
  /**
   * of the last one, without secrets and persons
   */
  message: string;
  count: number;
  lastHour: number;
  lastDay: number;
  firstSeen: string;
  lastSeen: string;
}
export interface Error {
  id: string;
  /**
   * `resolved`: an operator says that it is over; `regressed`: it was, and was seen again
   */
  state: "open" | "regressed" | "resolved" | "muted";
  severity: "critical" | "error" | "warning";
  /**
   * an error of the table; or `unexpected`, `crashed`, `segment_refused`, `unscreened`, or one of the mesh's own
   */
  code: string;
  service: string;
  /**
   * where it began
   */
  action: string;
  /**
   * of the last one, without secrets and persons
   */
  message: string;
  count: number;
  lastHour: number;
  lastDay: number;
  firstSeen: string;
  lastSeen: string;
  /**
   * the last 60 minutes
   */
  perMinute: {
    at: string;
    count: number;
  }[];
  /**
   * the last 24 hours
   */
  perHour: {
    at: string;
    count: number;
  }[];
  nodes: string[];
  regions: string[];
  versions: string[];
  /**
   * the latest 50
   */
  videos: string[];
  sample: {
    message: string;
    stack: string[];
    node: string;
    requestId?: string;
  };
  changedAt?: string;
}
export interface ErrorStep {
  id: string;
  /**
   * `resolved`: an operator says that it is over; `regressed`: it was, and was seen again
   */
  state: "open" | "regressed" | "resolved" | "muted";
}
export interface Outlook {
  region: string;
  /**
   * ms since 1970
   */
  at: number;
  /**
   * transcoders that the region should have now
   */
  desired: number;
  /**
   * in a sentence
   */
  why: string;
  /**
   * what the forecast rests on; `recent`: the last hour alone
   */
  basis: "weeks" | "days" | "recent" | "none";
  historyHours: number;
  now: {
    /**
     * FFmpeg slots that viewers' encodes use or wait for
     */
    play: number;
    background: number;
    /**
     * slot-seconds of work that wait in the queue
     */
    queued: number;
    transcoders: number;
    slots: number;
    /**
     * Mbit/s that gateways send; null: not counted
     */
    sentMbps: number | null;
  };
  /**
   * the next day by quarters of an hour; slots of viewers' encodes, the most of each quarter
   */
  forecast: {
    /**
     * ms since 1970
     */
    at: number;
    p50: number;
    p90: number;
    transcoders: number;
  }[];
  /**
   * the day before, means of quarters of an hour
   */
  past: {
    /**
     * ms since 1970
     */
    at: number;
    play: number;
    background: number;
    transcoders: number;
    /**
     * Mbit/s that gateways sent
     */
    sentMbps: number | null;
  }[];
}
export interface RegionPlan {
  region: string;
  /**
   * what the forecast rests on; `recent`: the last hour alone
   */
  basis: "weeks" | "days" | "recent" | "none";
  slotsPerTranscoder: number;
  /**
   * the p99 of four weeks, or of the forecast where that is more
   */
  busiest: {
    slots: number;
    transcoders: number;
  };
  /**
   * with so many times the users and as much more to watch
   */
  grown: {
    slots: number;
    transcoders: number;
  };
  /**
   * with so many times the users of the same videos: a segment is made once
   */
  sameVideos: {
    slots: number;
    transcoders: number;
  };
  needs: RegionNeeds;
}
export interface RegionNeeds {
  /**
   * of the last four weeks, in which bytes were counted
   */
  measuredHours: number;
  /**
   * what the store held when it was counted last, about once a day; null: it was not yet
   */
  stored: {
    /**
     * ms since 1970
     */
    at: number;
    bytes: number;
    objects: number;
  } | null;
  /**
   * as in EUR
   */
  currency: string | null;
  today: Needs;
  planned: Needs1;
  /**
   * what it rests on, in sentences: what grows with viewers, and what with videos
   */
  assumptions: string[];
}
export interface Needs {
  /**
   * at the busiest
   */
  transcoders: number;
  /**
   * of a month, where there are always as many as are needed; null here and below: not known
   */
  transcoderHours: number | null;
  /**
   * nodes with a gateway, at the busiest
   */
  gateways: number | null;
  /**
   * Mbit/s sent in the busiest five minutes
   */
  peakMbps: number | null;
  /**
   * sent in a month
   */
  egressBytes: number | null;
  /**
   * received from origins in a month
   */
  fetchedBytes: number | null;
  /**
   * that a month adds to the store
   */
  storedGrowthBytes: number | null;
  /**
   * that the store will hold in a year
   */
  storedYearBytes: number | null;
  /**
   * of a month by LECTERN_PRICES; null: none are set. A part that is null has no price, or is not known, and is not in the total
   */
  costs: {
    transcoders: number | null;
    gateways: number | null;
    egress: number | null;
    stored: number | null;
    fetched: number | null;
    total: number;
  } | null;
}
/**
 * with `factor` times the users and `videos` times the new videos
 */
export interface Needs1 {
  /**
   * at the busiest
   */
  transcoders: number;
  /**
   * of a month, where there are always as many as are needed; null here and below: not known
   */
  transcoderHours: number | null;
  /**
   * nodes with a gateway, at the busiest
   */
  gateways: number | null;
  /**
   * Mbit/s sent in the busiest five minutes
   */
  peakMbps: number | null;
  /**
   * sent in a month
   */
  egressBytes: number | null;
  /**
   * received from origins in a month
   */
  fetchedBytes: number | null;
  /**
   * that a month adds to the store
   */
  storedGrowthBytes: number | null;
  /**
   * that the store will hold in a year
   */
  storedYearBytes: number | null;
  /**
   * of a month by LECTERN_PRICES; null: none are set. A part that is null has no price, or is not known, and is not in the total
   */
  costs: {
    transcoders: number | null;
    gateways: number | null;
    egress: number | null;
    stored: number | null;
    fetched: number | null;
    total: number;
  } | null;
}
export interface WebhookRequest {
  /**
   * https, of a public host
   */
  url: string;
  events: ("video.ready" | "video.complete" | "video.rejected" | "video.failed" | "video.deleted" | "video.blocked" | "error.opened" | "error.regressed")[];
  /**
   * whose videos it hears of; absent: the key's tenant, or all
   */
  tenant?: string;
  description?: string;
}
export interface Webhook {
  id: string;
  /**
   * https, of a public host
   */
  url: string;
  events: ("video.ready" | "video.complete" | "video.rejected" | "video.failed" | "video.deleted" | "video.blocked" | "error.opened" | "error.regressed")[];
  /**
   * whose videos it hears of; absent: the key's tenant, or all
   */
  tenant?: string;
  description?: string;
  createdAt: string;
  disabled?: {
    why?: "gone" | "failing";
    at?: string;
  };
  /**
   * until when the secret before the last signs, too
   */
  oldSecretUntil?: string;
}
export interface Delivery {
  /**
   * its `webhook-id`
   */
  id: string;
  type: string;
  status: "pending" | "delivered" | "failed";
  timestamp: string;
  attemptCount: number;
  nextAttemptAt?: string;
  attempts: {
    at: string;
    status?: number;
    error?: string;
    ms: number;
  }[];
}
export interface QueuedDelivery {
  id: string;
  delivery: string;
}
export interface PersonDocument {
  format: "lectern-person";
  version: 1;
  /**
   * the pseudonym, or `key:<id>`
   */
  person: string;
  /**
   * the only one that it is about; absent: all
   */
  tenant?: string;
  madeAt: string;
  parts: {
    keys: {
      about: string;
      from: string;
      items: {}[];
    };
    videos: {
      about: string;
      from: string;
      items: {}[];
    };
    uploads: {
      about: string;
      from: string;
      items: {}[];
    };
    audit: {
      about: string;
      from: string;
      items: {}[];
    };
    links: {
      about: string;
      from: string;
      items: {}[];
    };
    reviews: {
      about: string;
      from: string;
      items: {}[];
    };
  };
}
export interface Erasure {
  id: string;
  videos: "erase" | "keep";
  orderedAt: string;
  status: "running" | "done";
  endedAt?: string;
  found?: {
    keys?: number;
    videos?: number;
    uploads?: number;
    links?: number;
  };
  /**
   * of what was found
   */
  left?: {
    videos?: number;
    uploads?: number;
  };
  erased?: {
    keys?: number;
    videos?: number;
    uploads?: number;
    links?: number;
    /**
     * no longer theirs, but others', too, and kept for them
     */
    sharedVideos?: number;
  };
}
export interface UsageTotals {
  /**
   * loads of a page that watched five seconds, or half of a shorter video
   */
  views: number;
  /**
   * counted anew each day: who comes on two days is two
   */
  viewers: number;
  /**
   * of media
   */
  watchSec: number;
  /**
   * views that watched nine tenths
   */
  completions: number;
}
export interface VideoUsage {
  id: string;
  title?: string;
  course?: string;
  from: string;
  to: string;
  durationSec: number;
  /**
   * length of the parts of `heat` and `retention`
   */
  bucketSec: number;
  totals: UsageTotals;
  days: (UsageTotals & {
    day?: string;
  })[];
  pauses?: number;
  /**
   * how often each part was played
   */
  heat?: number[];
  /**
   * which share of those who watched played some of each part, 0 to 1
   */
  retention?: number[];
  seeks?: {
    fromSec?: number;
    toSec?: number;
    count?: number;
  }[];
  /**
   * on no day were there LECTERN_USAGE_FLOOR viewers: no parts are shown
   */
  tooFew?: true;
  quality: {
    startups?: number;
    /**
     * on the mean
     */
    startupMs?: number;
    startupWithin?: {
      ms?: number;
      count?: number;
    }[];
    stalls?: number;
    stallSec?: number;
    stallsPerHour?: number;
    switchesUp?: number;
    switchesDown?: number;
  };
}
export interface UsageAnswer {
  tenant: string;
  course?: string;
  from: string;
  to: string;
  totals: UsageTotals;
  videos: (UsageTotals & {
    id?: string;
    title?: string;
    course?: string;
    durationSec?: number;
  })[];
  /**
   * there are others, whose counts are in `totals`
   */
  more?: true;
  /**
   * not all videos were looked at
   */
  partial?: true;
}
/**
 * what happened since the report before
 */
export interface UsageReport {
  /**
   * made by chance for each load of a page
   */
  session: string;
  /**
   * of the session's reports, from 0: the same one twice counts once
   */
  seq: number;
  /**
   * [from, to, rate]: what was played, in media seconds
   *
   * @maxItems 64
   */
  ranges?: number[][];
  /**
   * [from, to], in media seconds
   *
   * @maxItems 64
   */
  seeks?: number[][];
  pauses?: number;
  /**
   * from play to the first picture
   */
  startupMs?: number;
  /**
   * @maxItems 32
   */
  stallsMs?: number[];
  switchesUp?: number;
  switchesDown?: number;
  ended?: boolean;
  /**
   * the video that the same browser watched before, within hours
   */
  previous?: string;
}
/**
 * `video` or `course`; `weekly` or `at`
 */
export interface TimetableEntry {
  video?: string;
  /**
   * the label `course`: whatever lecture of it is the last by then
   */
  course?: string;
  weekly?: {
    day: "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
    time: string;
  };
  /**
   * local time
   */
  at?: string;
  /**
   * as IANA names it
   */
  timeZone: string;
  expectedViewers?: number;
}
export interface Timetable {
  tenant: string;
  entries: {
    video?: string;
    /**
     * the label `course`: whatever lecture of it is the last by then
     */
    course?: string;
    weekly?: {
      day: "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
      time: string;
    };
    /**
     * local time
     */
    at?: string;
    /**
     * as IANA names it
     */
    timeZone?: string;
    expectedViewers?: number;
    /**
     * when it begins the next time; absent: never again
     */
    next?: string;
  }[];
}
/**
 * RFC 9457
 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code:
    | "bad_request"
    | "body_too_large"
    | "bad_url"
    | "source_refused"
    | "source_unreachable"
    | "source_pending"
    | "source_changed"
    | "source_too_large"
    | "upload_not_found"
    | "upload_incomplete"
    | "upload_empty"
    | "upload_conflict"
    | "upload_expired"
    | "checksum_mismatch"
    | "tus_unsupported"
    | "video_not_found"
    | "video_rejected"
    | "video_failed"
    | "video_deleted"
    | "blocked"
    | "plan_pending"
    | "idempotency_conflict"
    | "conflict"
    | "too_many_requests"
    | "node_not_found"
    | "rate_limited"
    | "unauthorized"
    | "forbidden"
    | "key_not_found"
    | "person_not_found"
    | "erasure_not_found"
    | "trace_not_found"
    | "error_not_found"
    | "webhook_not_found"
    | "webhook_refused"
    | "links_off"
    | "link_not_found"
    | "usage_off"
    | "cross_site"
    | "not_found"
    | "method_not_allowed"
    | "segment_not_found"
    | "no_content_key"
    | "hls_only"
    | "not_media"
    | "encode_failed"
    | "encode_stalled"
    | "clip_pending"
    | "overloaded"
    | "storage_unavailable"
    | "storage_full"
    | "erasure_incomplete"
    | "storage_key_unavailable"
    | "storage_damaged"
    | "region_unavailable"
    | "queue_unavailable"
    | "not_ready"
    | "internal_error";
  requestId: string;
  reasons?: Reason[];
}
