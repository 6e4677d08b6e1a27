/** Who may do what: the one table. What it does not name, nobody may. */
import type { Grant } from "./grants.ts";

export const ROLES = ["viewer", "submitter", "operator", "auditor", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** `anyone`: also who shows no key. */
type Holder = Role | "anyone";

export const PERMISSIONS = {
  /** Pages, probes, what the mesh says of itself to everybody. */
  open: ["anyone"],
  /** One video that is known by its id: its state, playlists, segments, stills, clips. Of a private one only with the next, or with a link. */
  "videos.watch": ["anyone"],
  /** The same of the private videos of one's tenant. */
  "videos.watchPrivate": ["viewer", "submitter", "operator", "auditor", "admin"],
  "videos.list": ["viewer", "submitter", "operator", "auditor", "admin"],
  "videos.submit": ["submitter", "admin"],
  "videos.delete": ["submitter", "admin"],
  /** Hand out links to private videos: with the next for as long as is allowed at all, else for some hours. */
  "links.create": ["viewer", "submitter", "admin"],
  /** End links, whoever handed them out. */
  "links.manage": ["submitter", "admin"],
  /** Its work, and where its time went. */
  "videos.explain": ["submitter", "operator", "auditor", "admin"],
  /** How videos are watched: counts, and nobody's name. */
  "usage.read": ["submitter", "operator", "auditor", "admin"],
  /** Say when lectures begin. */
  "timetable.write": ["submitter", "operator", "admin"],
  /** Retries, cancels. */
  "videos.operate": ["operator", "admin"],
  /** Videos that were screened: what was found, and what is to become of them. */
  "videos.review": ["operator", "admin"],
  "reviews.watch": ["operator", "auditor", "admin"],
  /** Nodes, queues, metrics. */
  "mesh.watch": ["operator", "auditor", "admin"],
  /** Drains, pauses. */
  "mesh.operate": ["operator", "admin"],
  "keys.manage": ["admin"],
  /** Who is told what by webhooks, and what became of it. */
  "webhooks.watch": ["submitter", "operator", "auditor", "admin"],
  "webhooks.manage": ["submitter", "operator", "admin"],
  /** Who did what; of a tenant's key what was done with that tenant's keys and for it. */
  "audit.read": ["auditor", "admin"],
  /** All that is kept of one person. */
  "persons.read": ["auditor", "admin"],
  /** The same of oneself. */
  "persons.readOwn": ["viewer", "submitter", "operator", "auditor", "admin"],
  "persons.erase": ["admin"],
  /** What services ask of each other; of persons, at a prompt. */
  inside: ["admin"],
} as const satisfies Record<string, readonly Holder[]>;
export type Permission = keyof typeof PERMISSIONS;

/** Who asks. Nobody's `caller` is wider than the key that was shown. */
export interface Caller {
  /** For logs: a key's id, `anonymous`, … */
  subject: string;
  /** The only one whose things they may touch; undefined: all tenants'. */
  tenant?: string;
  roles: readonly Role[];
  /** Nothing but these, within what the roles give; undefined: all of it. */
  scopes?: readonly Permission[];
  /** Whoever came by a link: they have no roles, but what it grants. */
  grant?: Grant;
}

/** About what all tenants share: for no tenant's key. */
const SHARED: readonly Permission[] = ["mesh.watch", "mesh.operate", "inside"];

export const ANONYMOUS: Caller = { subject: "anonymous", roles: [] };

export function may({ tenant, roles, scopes }: Caller, permission: Permission): boolean {
  const holders: readonly Holder[] = PERMISSIONS[permission];
  if (holders.includes("anyone")) return true;
  if (tenant !== undefined && SHARED.includes(permission)) return false;
  return holders.some((holder) => holder !== "anyone" && roles.includes(holder)) && (scopes === undefined || scopes.includes(permission));
}

/** Whether `wide` may do all that `narrow` may, for all tenants it may: what a key may give away. */
export function covers(wide: Caller, narrow: Caller): boolean {
  const isWider = Object.keys(PERMISSIONS).every((permission) => !may(narrow, permission as Permission) || may(wide, permission as Permission));
  return isWider && (wide.tenant === undefined || wide.tenant === narrow.tenant);
}

/** Whether what belongs to this tenant is theirs to touch. */
export function reaches({ tenant }: Caller, owner: string): boolean {
  return tenant === undefined || tenant === owner;
}

export function isPermission(name: unknown): name is Permission {
  return typeof name === "string" && Object.hasOwn(PERMISSIONS, name);
}
