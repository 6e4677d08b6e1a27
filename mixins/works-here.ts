/** Whether this region works on a video, or another took it over. */
import type { ServiceBroker } from "moleculer";
import type { Placement, PlacementParams } from "../services/storage/storage.contract.ts";

/** True also where there is one region, and of a video that has no record here. */
export async function worksHere(broker: ServiceBroker, videoId: string): Promise<boolean> {
  const placement = await broker.call<Placement | null, PlacementParams>("storage.placement", { videoId });
  return placement === null || placement.worker === broker.metadata["region"];
}
