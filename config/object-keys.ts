/**
 * Every key this project uses in the object store. A video's state is a set of objects that are each written once:
 * which of them exist says how far the video has come, so two writers can never undo each other.
 */
export const objectKeys = {
  /** What was asked for. */
  record: (videoId: string) => `videos/${videoId}/record.json`,
  /** The validator's answer: facts, or reasons for a rejection. */
  verdict: (videoId: string) => `videos/${videoId}/verdict.json`,
  plan: (videoId: string) => `videos/${videoId}/plan.json`,
  /** How it ended: complete, or failed with reasons. */
  outcome: (videoId: string) => `videos/${videoId}/outcome.json`,
  /** What its media are encrypted by on the way to players, if they are. Made before the record, once. */
  contentKey: (videoId: string) => `videos/${videoId}/content-key.json`,
  /** Whose bytes its source has: said once, after its plan. */
  twin: (videoId: string) => `videos/${videoId}/twin.json`,
  /** What was found when it was screened, and what a person decided then. */
  screening: (videoId: string) => `videos/${videoId}/screening.json`,
  review: (videoId: string) => `videos/${videoId}/review.json`,
  /** A mark: a person is to look at the video. */
  reviewMark: (tenant: string, videoId: string) => `reviews/${tenant}/${videoId}`,
  reviewMarks: (tenant: string) => `reviews/${tenant}/`,
  allReviewMarks: "reviews/",
  /** By which a video that a person blocked is known again. Written once. */
  blocked: (tenant: string, videoId: string) => `blocked/${tenant}/${videoId}.json`,
  allBlocked: (tenant: string) => `blocked/${tenant}/`,
  /** A video's objects but for its tombstone. */
  video: (videoId: string) => `videos/${videoId}/`,
  media: (videoId: string, rendition: string, name: string) => `videos/${videoId}/media/${rendition}/${name}`,
  rendition: (videoId: string, rendition: string) => `videos/${videoId}/media/${rendition}/`,
  /** A frame as an image. `ticks`: its own time on the timeline, so that all who ask within its time get one object. */
  still: (videoId: string, ticks: number, width: number, format: string) => `videos/${videoId}/stills/${ticks}-${width}.${format}`,
  /** `startTicks` and `endTicks` of the video track, on the timeline. */
  clip: (videoId: string, startTicks: number, endTicks: number) => `videos/${videoId}/clips/${startTicks}-${endTicks}.mp4`,
  /** A sheet of previews, from 0. */
  sheet: (videoId: string, sheet: number) => `videos/${videoId}/storyboard/${sheet}.jpg`,
  allSheets: (videoId: string) => `videos/${videoId}/storyboard/`,
  /** What the video shows. */
  profile: (videoId: string) => `videos/${videoId}/profile.json`,
  /** What checks of a rendition's segments measured, a run of segments an object. */
  quality: (videoId: string, rendition: string, name: string) => `videos/${videoId}/quality/${rendition}/${name}`,
  allQuality: (videoId: string) => `videos/${videoId}/quality/`,
  /** Why a segment is not in the store although it was made: `name` is its number. */
  refusal: (videoId: string, rendition: string, name: string) => `videos/${videoId}/refused/${rendition}/${name}.json`,
  refusals: (videoId: string, rendition: string) => `videos/${videoId}/refused/${rendition}/`,
  /** How the video was watched on a day (`2026-11-26`). A region's counts of a day begin anew, as another `epoch`, when its Redis was lost; of one the greatest `n` says all. */
  usage: (videoId: string, day: string, region: string, epoch: string, n: number) => `videos/${videoId}/usage/${day}/${region}.${epoch}.${String(n).padStart(10, "0")}.json`,
  /** The same while the day goes on, in the region's own store. */
  usageSoFar: (videoId: string, day: string, region: string, epoch: string, n: number) => `videos/${videoId}/usage/${day}/so-far/${region}.${epoch}.${String(n).padStart(10, "0")}.json`,
  usageDay: (videoId: string, day: string) => `videos/${videoId}/usage/${day}/`,
  allUsage: (videoId: string) => `videos/${videoId}/usage/`,
  /** A mark: a tenant's video was watched in a month (`2026-11`). */
  watched: (tenant: string, month: string, videoId: string) => `usage/${tenant}/${month}/${videoId}`,
  watchedIn: (tenant: string, month: string) => `usage/${tenant}/${month}/`,
  allWatched: "usage/",
  captions: (videoId: string, name: string) => `videos/${videoId}/subs/${name}.vtt`,
  /** Says that a video was deleted; outlives its objects. */
  tombstone: (videoId: string) => `deleted/${videoId}.json`,
  /** Marks a video that is not finished, so that a restart finds it without reading every record. */
  open: (videoId: string) => `open/${videoId}`,
  /** The same of a video that was opened once more; `endedMs`, when it had ended, so that nobody who comes late removes the mark of another time. */
  reopened: (videoId: string, endedMs: number) => `open/${videoId}.${endedMs}`,
  /** Marks a video that is to be deleted. */
  leaving: (videoId: string) => `open/${videoId}.deleted`,
  allOpen: "open/",
  allVideos: "videos/",
  /** An API key: what it may do, without the key itself. Written once, as are the next two. */
  accessKey: (keyId: string) => `access/keys/${keyId}/key.json`,
  /** Another took its place, and until when both are good. */
  accessKeyRotated: (keyId: string) => `access/keys/${keyId}/rotated.json`,
  accessKeyRevoked: (keyId: string) => `access/keys/${keyId}/revoked.json`,
  allAccessKeys: "access/keys/",
  /** A webhook's endpoint: its record, its secrets, whether it is enabled, that it was deleted. Each is written once. */
  webhook: (endpointId: string) => `access/webhooks/${endpointId}/`,
  webhookPart: (endpointId: string, name: string) => `access/webhooks/${endpointId}/${name}.json`,
  allWebhooks: "access/webhooks/",
  /** A message that is on its way to an endpoint; removed when it was delivered, or given up. */
  webhookPending: (endpointId: string, messageId: string) => `webhooks/pending/${endpointId}/${messageId}`,
  webhookAllPending: (endpointId: string) => `webhooks/pending/${endpointId}/`,
  allWebhooksPending: "webhooks/pending/",
  /** Says on a day (`2026-11-26`) that it came to its end. */
  webhookDone: (day: string, endpointId: string, messageId: string) => `webhooks/done/${day}/${endpointId}/${messageId}`,
  allWebhooksDone: "webhooks/done/",
  /** Says that a link to a video has ended (`link-<id>`), or all that were made by then (`all-<n>`, the last one counts). Written once. */
  linkRevoked: (videoId: string, what: string) => `access/links/${videoId}/${what}`,
  linksRevoked: (videoId: string) => `access/links/${videoId}/`,
  /** Marks without content: that a person posted a video, or sent an upload, for this tenant. `person` as `personOf` gives it. */
  personVideo: (person: string, tenant: string, videoId: string) => `persons/${person}/videos/${tenant}/${videoId}`,
  personVideos: (person: string, tenant?: string) => `persons/${person}/videos/${tenant === undefined ? "" : `${tenant}/`}`,
  personUpload: (person: string, tenant: string, uploadId: string) => `persons/${person}/uploads/${tenant}/${uploadId}`,
  personUploads: (person: string, tenant?: string) => `persons/${person}/uploads/${tenant === undefined ? "" : `${tenant}/`}`,
  /** The same the other way round: who posted a video. */
  videoPoster: (videoId: string, person: string) => `posters/${videoId}/${person}`,
  videoPosters: (videoId: string) => `posters/${videoId}/`,
  /** That a person is to be erased, what of them was found then, and what came of it, which names nobody. Each is written once. */
  erasureOrder: (orderId: string) => `erasures/${orderId}/order.json`,
  erasureFound: (orderId: string) => `erasures/${orderId}/found.json`,
  erasureDone: (orderId: string) => `erasures/${orderId}/done.json`,
  /** A mark: the order has not come to its end. */
  erasureOpen: (orderId: string) => `erasing/${orderId}`,
  allErasuresOpen: "erasing/",
  /** Records of one hour (`2026-11-26T08`) by one process, from its `seq`th on. Written once, as is all of the audit log. */
  auditRecords: (region: string, hour: string, writer: string, seq: number) => `audit/${region}/records/${hour}/${writer}/${String(seq).padStart(12, "0")}`,
  auditWriter: (region: string, hour: string, writer: string) => `audit/${region}/records/${hour}/${writer}/`,
  auditHour: (region: string, hour: string) => `audit/${region}/records/${hour}/`,
  auditHours: (region: string) => `audit/${region}/records/`,
  /** What all chains of the region had come to: the nth time. A thousand in a folder, so that the last one is found soon. */
  auditCheckpoint: (region: string, n: number) => `audit/${region}/checkpoints/${String(Math.floor(n / 1_000)).padStart(7, "0")}/${String(n).padStart(10, "0")}`,
  auditCheckpoints: (region: string) => `audit/${region}/checkpoints/`,
  /** The public half of a key that signs. */
  auditKey: (region: string, keyId: string) => `audit/${region}/keys/${keyId}`,
  auditKeys: (region: string) => `audit/${region}/keys/`,
  /** What was dropped of a day (`2026-11-26`) when its time was over. */
  auditDropped: (region: string, day: string) => `audit/${region}/dropped/${day}`,
  allAuditDropped: (region: string) => `audit/${region}/dropped/`,
  /** The load of a region on a day (`2026-11-26`), written anew as it goes on. */
  capacityDay: (region: string, day: string) => `capacity/${region}/${day}.json`,
  capacityDays: (region: string) => `capacity/${region}/`,
  /** What the region's store was found to hold, the last times that it was counted. */
  storedCounts: (region: string) => `capacity-stored/${region}.json`,
  /** Names the one video that is made of a source. `digest` is a hash of what was asked. */
  claim: (digest: string) => `claims/${digest}.json`,
  /** Names the video that others with the same plan are compared with. `digest` is a hash of that. */
  twinClaim: (digest: string) => `twins/${digest}.json`,
  uploadBytes: (uploadId: string) => `uploads/${uploadId}/source`,
  upload: (uploadId: string) => `uploads/${uploadId}/upload.json`,
  /** What a resumable upload will be: its size, and what its client says of it. */
  uploadBegun: (uploadId: string) => `uploads/${uploadId}/begun.json`,
  /** Bytes of a resumable upload from `offset` on, created once. Byte order of the keys is order of the offsets. */
  uploadPart: (uploadId: string, offset: number) => `uploads/${uploadId}/parts/${String(offset).padStart(15, "0")}`,
  uploadParts: (uploadId: string) => `uploads/${uploadId}/parts/`,
  /** A mark: a video of this tenant may need the upload. The default tenant needs none. */
  uploadTenant: (uploadId: string, tenant: string) => `uploads/${uploadId}/tenants/${tenant}`,
  uploadTenants: (uploadId: string) => `uploads/${uploadId}/tenants/`,
  /** A tenant's timetable in this region: the last one counts. */
  timetable: (tenant: string) => `timetables/${encodeURIComponent(tenant)}.json`,
  allTimetables: "timetables/",
  /** Changes while a region lives, in its own store. */
  heartbeat: (region: string) => `heartbeat/${region}.json`,
  /** In a standby's store: a video that `region` works on and has not finished. */
  standby: (region: string, videoId: string) => `standby/${region}/${videoId}`,
  allStandby: (region: string) => `standby/${region}/`,
  /** Says that `by` works on a video that was `from`'s: the nth time that it changed hands. The last one counts. */
  adoption: (from: string, videoId: string, n: number, by: string) => `adopted/${from}/${videoId}/${String(n).padStart(4, "0")}-${by}`,
  adoptionsFrom: (region: string) => `adopted/${region}/`,
  allAdoptions: "adopted/",
  /** Says that not all of `unit` may be in `region` yet. `writer` is the process that sees to it. */
  replicationMark: (region: string, unit: string, writer: string) => `replicating/${region}/${unit.replaceAll("/", "~")}/${writer}`,
  replicationMarks: (region: string) => `replicating/${region}/`,
  /** Put anew by every request that brings bytes of a resumable upload: its age says whether anybody is still at it. */
  uploadSign: (uploadId: string) => `uploads/${uploadId}/coming/sign`,
  /** Bytes of one request from `offset` on, until its checksum is known to be right. They count for nothing. */
  uploadUnverified: (uploadId: string, requestId: string, offset: number) => `uploads/${uploadId}/coming/${requestId}/${String(offset).padStart(15, "0")}`,
  uploadRequest: (uploadId: string, requestId: string) => `uploads/${uploadId}/coming/${requestId}/`,
  uploadComing: (uploadId: string) => `uploads/${uploadId}/coming/`,
  /** The key of what is encrypted below `unit` (`videos/1/`, `uploads/1/`), itself wrapped. Without it that is lost. */
  unitKey: (unit: string) => `keys/${unit}key.json`,
  /** Keys of all units below a folder (`videos/`), in the order of these. */
  unitKeys: (folder: string) => `keys/${folder}`,
  allUnitKeys: "keys/",
  allUploads: "uploads/",
  uploadFolder: (uploadId: string) => `uploads/${uploadId}/`,
} as const;
