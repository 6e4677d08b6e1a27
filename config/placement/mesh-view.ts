/** The mesh as one broker sees it: what its strategy, its reports and its watch on calls share. */
import type { ServiceBroker } from "moleculer";
import type { Way } from "./choose-node.ts";
import { openLoadBook, type LoadBook } from "./load-book.ts";
import { openOwnLoad, type OwnLoad } from "./own-load.ts";

export interface MeshView {
  readonly region: string;
  readonly book: LoadBook;
  readonly own: OwnLoad;
  /** From 0 to below 1. */
  random(): number;
  /** Told of each call that was placed. */
  onPlaced(way: Way): void;
}

const views = new WeakMap<ServiceBroker, MeshView>();

/** The same for every caller that has the same broker. */
export function meshView(broker: ServiceBroker): MeshView {
  const known = views.get(broker);
  if (known !== undefined) return known;
  const view = openMeshView(regionOf(broker.metadata) ?? "");
  views.set(broker, view);
  return view;
}

export function openMeshView(region: string, now?: () => number, random: () => number = Math.random): MeshView {
  return { region, book: openLoadBook(now), own: openOwnLoad(), random, onPlaced: () => undefined };
}

/** From a node's metadata, which came over the wire. */
export function regionOf(metadata: Record<string, unknown> | null): string | undefined {
  const region = metadata?.["region"];
  return typeof region === "string" && region !== "" ? region : undefined;
}
