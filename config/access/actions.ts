/** The permission that each action asks for. One that is not named here is for services among themselves. */
import type { Permission } from "./permissions.ts";

export const ACTIONS: Readonly<Record<string, Permission>> = {
  "videos.submit": "videos.submit",
  "videos.get": "videos.watch",
  "videos.list": "videos.list",
  "videos.remove": "videos.delete",

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
  "delivery.keyFrames": "videos.watch",
  "delivery.keyFrame": "videos.watch",
  "delivery.captionPlaylist": "videos.watch",
  "delivery.captions": "videos.watch",
  "delivery.storyboard": "videos.watch",
  "delivery.sheet": "videos.watch",
  "delivery.still": "videos.watch",
  "delivery.clip": "videos.watch",

  "operator.nodes": "mesh.watch",
  "operator.regions": "mesh.watch",
  "operator.queue": "mesh.watch",
  "operator.dead": "mesh.watch",
  "operator.video": "videos.explain",
  "operator.why": "videos.explain",
  "operator.retry": "videos.operate",
  "operator.cancel": "videos.operate",
  "operator.drain": "mesh.operate",
  "operator.undrain": "mesh.operate",
  "operator.pause": "mesh.operate",
  "operator.resume": "mesh.operate",
  "node.state": "mesh.watch",
  "node.drain": "mesh.operate",
  "node.undrain": "mesh.operate",
  "metrics.text": "mesh.watch",

  "access.listKeys": "keys.manage",
  "access.createKey": "keys.manage",
  "access.rotateKey": "keys.manage",
  "access.revokeKey": "keys.manage",

  "audit.query": "audit.read",
  "audit.export": "audit.read",
};

export function permissionOf(action: string): Permission {
  return Object.hasOwn(ACTIONS, action) ? ACTIONS[action] ?? "inside" : "inside";
}
