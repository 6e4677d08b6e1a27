/** The permission that each action asks for. One that is not named here is for services among themselves. */
import type { Use } from "./grants.ts";
import type { Permission } from "./permissions.ts";

export const ACTIONS: Readonly<Record<string, Permission>> = {
  "videos.submit": "videos.submit",
  "videos.get": "videos.watch",
  "videos.list": "videos.list",
  "videos.remove": "videos.delete",
  "videos.share": "links.create",
  "videos.revokeLinks": "links.manage",

  "source.receive": "videos.submit",
  "source.begin": "videos.submit",
  "source.progress": "videos.submit",
  "source.append": "videos.submit",
  "source.abandon": "videos.submit",
  "source.egress": "mesh.watch",

  "delivery.master": "videos.watch",
  "delivery.media": "videos.watch",
  "delivery.manifest": "videos.watch",
  "delivery.segment": "videos.watch",
  "delivery.contentKey": "videos.watch",
  "delivery.license": "videos.watch",
  "delivery.keyFrames": "videos.watch",
  "delivery.keyFrame": "videos.watch",
  "delivery.captionPlaylist": "videos.watch",
  "delivery.captions": "videos.watch",
  "delivery.storyboard": "videos.watch",
  "delivery.sheet": "videos.watch",
  "delivery.still": "videos.watch",
  "delivery.clip": "videos.watch",

  "screening.reviews": "reviews.watch",
  "screening.review": "reviews.watch",
  "screening.frame": "reviews.watch",
  "screening.decide": "videos.review",

  "operator.nodes": "mesh.watch",
  "operator.regions": "mesh.watch",
  "operator.queue": "mesh.watch",
  "operator.dead": "mesh.watch",
  "operator.overview": "mesh.watch",
  "operator.video": "videos.explain",
  "operator.why": "videos.explain",
  "operator.trace": "mesh.watch",
  "operator.retry": "videos.operate",
  "operator.cancel": "videos.operate",
  "operator.drain": "mesh.operate",
  "operator.undrain": "mesh.operate",
  "operator.pause": "mesh.operate",
  "operator.resume": "mesh.operate",
  "errors.list": "mesh.watch",
  "errors.get": "mesh.watch",
  "errors.resolve": "mesh.operate",
  "errors.mute": "mesh.operate",
  "errors.reopen": "mesh.operate",
  "capacity.list": "mesh.watch",
  "capacity.plan": "mesh.watch",
  "node.state": "mesh.watch",
  "node.drain": "mesh.operate",
  "node.undrain": "mesh.operate",
  "metrics.text": "mesh.watch",

  "access.listKeys": "keys.manage",
  "access.createKey": "keys.manage",
  "access.rotateKey": "keys.manage",
  "access.revokeKey": "keys.manage",

  "webhooks.list": "webhooks.watch",
  "webhooks.get": "webhooks.watch",
  "webhooks.deliveries": "webhooks.watch",
  "webhooks.create": "webhooks.manage",
  "webhooks.remove": "webhooks.manage",
  "webhooks.rotate": "webhooks.manage",
  "webhooks.enable": "webhooks.manage",
  "webhooks.test": "webhooks.manage",
  "webhooks.replay": "webhooks.manage",

  "persons.export": "persons.read",
  "persons.exportOwn": "persons.readOwn",
  "persons.erase": "persons.erase",
  "persons.erasure": "persons.read",

  "forecast.timetable": "videos.list",
  "forecast.putTimetable": "timetable.write",

  "insights.report": "videos.watch",
  "insights.video": "usage.read",
  "insights.videos": "usage.read",
  "insights.export": "usage.read",

  "audit.query": "audit.read",
  "audit.export": "audit.read",
};

export function permissionOf(action: string): Permission {
  return Object.hasOwn(ACTIONS, action) ? ACTIONS[action] ?? "inside" : "inside";
}

/** What a link must be for, where it is used for another thing than to play. `any`: whatever it is for. */
const USES: Readonly<Record<string, Use | "any">> = {
  "videos.get": "any",
  "delivery.still": "images",
  "delivery.storyboard": "images",
  "delivery.sheet": "images",
  "delivery.clip": "clip",
};

export function useOf(action: string): Use | "any" {
  return Object.hasOwn(USES, action) ? USES[action] ?? "play" : "play";
}
