/**
 * What is written into the audit log, and how: the one table. An action with a permission that may change something and no row
 * here is recorded all the same, before and after, with nothing of its parameters.
 */
import { ACTIONS } from "./actions.ts";
import { isPermission, type Permission } from "./permissions.ts";

/**
 * `ahead`: what is about to be done is durable before it is begun, and what came of it before it is answered. `beside`: the
 * first is written while it is done, and the answer waits for that; what came of it follows. `after`: what was done or seen, not
 * waited for. `never`: it changes nothing that anybody would ask about.
 */
export type AuditWay = "ahead" | "beside" | "after" | "never";

export interface AuditRow {
  readonly way: AuditWay;
  /** Of `ahead`: done even when it cannot be written down now, for it is needed most when the store is away; written as soon as it can be. */
  readonly evenSo?: true;
  /** Of the parameters, by the name that the log has for them. What is no plain value is recorded by its pseudonym. */
  readonly target?: Readonly<Record<string, string>>;
  /** The same of the answer. */
  readonly outcome?: Readonly<Record<string, string>>;
}

const video = { id: "video" } as const;
const key = { id: "key" } as const;
const webhook = { id: "webhook" } as const;
const upload = { uploadId: "upload" } as const;

export const AUDITED: Readonly<Record<string, AuditRow>> = {
  "videos.submit": { way: "beside", target: { source: "source", tenant: "tenant", policy: "policy", priority: "priority", visibility: "visibility" }, outcome: { id: "video" } },
  "videos.remove": { way: "ahead", target: video },
  /** Who watches a private video on the start page gets a link each hour, and waits for it. */
  "videos.share": { way: "beside", target: { ...video, linkId: "link" } },
  "videos.revokeLinks": { way: "ahead", target: { ...video, linkId: "link" } },

  "source.receive": { way: "beside", target: { bytes: "bytes" }, outcome: { uploadId: "upload", size: "bytes" } },
  "source.begin": { way: "beside", target: { uploadId: "upload", size: "bytes" } },
  /** Of a resumable upload its beginning is recorded, its end, and what became of it as a video. */
  "source.append": { way: "never" },
  "source.progress": { way: "never" },
  "source.abandon": { way: "ahead", target: upload },
  "source.egress": { way: "after" },

  "screening.reviews": { way: "after" },
  "screening.review": { way: "after", target: video },
  /** A review has been recorded when its pictures are asked for. */
  "screening.frame": { way: "never" },
  "screening.decide": { way: "ahead", target: { id: "video", verdict: "verdict" } },

  "operator.nodes": { way: "after" },
  "operator.regions": { way: "after" },
  "operator.queue": { way: "after" },
  "operator.dead": { way: "after" },
  "operator.video": { way: "after", target: video },
  "operator.why": { way: "after", target: video },
  "operator.trace": { way: "after", target: { request: "request" } },
  "operator.retry": { way: "ahead", target: video },
  "operator.cancel": { way: "ahead", target: video },
  "forecast.putTimetable": { way: "ahead", target: { tenant: "tenant" } },
  "operator.drain": { way: "ahead", evenSo: true, target: { node: "node" } },
  "operator.undrain": { way: "ahead", evenSo: true, target: { node: "node" } },
  "operator.pause": { way: "ahead", evenSo: true, target: { lane: "lane" } },
  "operator.resume": { way: "ahead", evenSo: true, target: { lane: "lane" } },
  "node.drain": { way: "ahead", evenSo: true, target: { why: "why" } },
  "node.undrain": { way: "ahead", evenSo: true },

  "errors.list": { way: "after" },
  "errors.get": { way: "after", target: { id: "error" } },
  "errors.resolve": { way: "ahead", target: { id: "error" } },
  "errors.mute": { way: "ahead", target: { id: "error" } },
  "errors.reopen": { way: "ahead", target: { id: "error" } },

  "access.listKeys": { way: "after" },
  "access.createKey": { way: "ahead", target: { roles: "roles", tenant: "tenant", scopes: "scopes", expiresAt: "expiresAt" }, outcome: key },
  "access.rotateKey": { way: "ahead", target: key, outcome: { id: "newKey" } },
  "access.revokeKey": { way: "ahead", target: key },

  "webhooks.list": { way: "after" },
  "webhooks.get": { way: "after", target: webhook },
  "webhooks.deliveries": { way: "after", target: webhook },
  "webhooks.create": { way: "ahead", target: { url: "url", events: "events", tenant: "tenant" }, outcome: webhook },
  "webhooks.remove": { way: "ahead", target: webhook },
  "webhooks.rotate": { way: "ahead", target: webhook },
  "webhooks.enable": { way: "ahead", target: webhook },
  "webhooks.test": { way: "ahead", target: webhook },
  "webhooks.replay": { way: "ahead", target: { ...webhook, delivery: "delivery" } },

  "persons.export": { way: "after", target: { person: "person" } },
  "persons.exportOwn": { way: "after" },
  "persons.erase": { way: "ahead", target: { person: "person", videos: "videos" }, outcome: { id: "order" } },
  "persons.erasure": { way: "after", target: { id: "order" } },

  "audit.query": { way: "after", target: { since: "since", until: "until", subject: "subject", video: "video", action: "action", result: "result" } },
  "audit.export": { way: "after" },
};

/** Whatever asks for one of these and has no row of its own: what is seen only by some. */
const AUDITED_PERMISSIONS: Readonly<Partial<Record<Permission, AuditRow>>> = {
  "audit.read": { way: "after" },
  "reviews.watch": { way: "after" },
  "persons.read": { way: "after" },
  "persons.readOwn": { way: "after" },
};

/** Who has only these changes nothing. */
const READING: readonly Permission[] = ["open", "videos.watch", "videos.watchPrivate", "videos.list", "videos.explain", "usage.read", "mesh.watch", "webhooks.watch", "audit.read", "reviews.watch", "persons.read", "persons.readOwn", "inside"];

const UNTHOUGHT_OF: AuditRow = { way: "ahead" };

/** Undefined: nothing of the action is recorded. */
export function auditRowOf(action: string, permission: Permission | undefined = permissionIn(action)): AuditRow | undefined {
  const row = Object.hasOwn(AUDITED, action) ? AUDITED[action] : permission === undefined ? undefined : AUDITED_PERMISSIONS[permission] ?? (changes(permission) ? UNTHOUGHT_OF : undefined);
  return row?.way === "never" ? undefined : row;
}

/** Whether who has it may change something. A permission that nobody has thought of may. */
export function changes(permission: Permission): boolean {
  return !READING.includes(permission);
}

function permissionIn(action: string): Permission | undefined {
  const permission = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  return isPermission(permission) ? permission : undefined;
}
