export { connect, type Days, type FrameOptions, type Lectern, type Page } from "./client.ts";
export type { Connection } from "./http.ts";
export { LecternError } from "./lectern-error.ts";
export type { Access, Link, LinkRequest, Problem, SubmitRequest, Upload, UsageAnswer, Video, VideoUsage } from "./schemas.ts";
