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
  /** What the video shows. */
  profile: (videoId: string) => `videos/${videoId}/profile.json`,
  /** What checks of a rendition's segments measured, a run of segments an object. */
  quality: (videoId: string, rendition: string, name: string) => `videos/${videoId}/quality/${rendition}/${name}`,
  allQuality: (videoId: string) => `videos/${videoId}/quality/`,
  /** Why a segment is not in the store although it was made: `name` is its number. */
  refusal: (videoId: string, rendition: string, name: string) => `videos/${videoId}/refused/${rendition}/${name}.json`,
  refusals: (videoId: string, rendition: string) => `videos/${videoId}/refused/${rendition}/`,
  captions: (videoId: string, name: string) => `videos/${videoId}/subs/${name}.vtt`,
  /** Says that a video was deleted; outlives its objects. */
  tombstone: (videoId: string) => `deleted/${videoId}.json`,
  /** Marks a video that is not finished, so that a restart finds it without reading every record. */
  open: (videoId: string) => `open/${videoId}`,
  allOpen: "open/",
  allVideos: "videos/",
  /** Names the one video that is made of a source. `digest` is a hash of what was asked. */
  claim: (digest: string) => `claims/${digest}.json`,
  uploadBytes: (uploadId: string) => `uploads/${uploadId}/source`,
  upload: (uploadId: string) => `uploads/${uploadId}/upload.json`,
  /** What a resumable upload will be: its size, and what its client says of it. */
  uploadBegun: (uploadId: string) => `uploads/${uploadId}/begun.json`,
  /** Bytes of a resumable upload from `offset` on, created once. Byte order of the keys is order of the offsets. */
  uploadPart: (uploadId: string, offset: number) => `uploads/${uploadId}/parts/${String(offset).padStart(15, "0")}`,
  uploadParts: (uploadId: string) => `uploads/${uploadId}/parts/`,
  /** Put anew by every request that brings bytes of a resumable upload: its age says whether anybody is still at it. */
  uploadSign: (uploadId: string) => `uploads/${uploadId}/coming/sign`,
  /** Bytes of one request from `offset` on, until its checksum is known to be right. They count for nothing. */
  uploadUnverified: (uploadId: string, requestId: string, offset: number) => `uploads/${uploadId}/coming/${requestId}/${String(offset).padStart(15, "0")}`,
  uploadRequest: (uploadId: string, requestId: string) => `uploads/${uploadId}/coming/${requestId}/`,
  uploadComing: (uploadId: string) => `uploads/${uploadId}/coming/`,
  allUploads: "uploads/",
  uploadFolder: (uploadId: string) => `uploads/${uploadId}/`,
} as const;
