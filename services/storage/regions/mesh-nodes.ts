/** The mesh's nodes as its registry knows them, read as what others say: any of it may be missing. */
import type { ServiceBroker } from "moleculer";
import type { MeshNode } from "./liveness.ts";

interface Listed { id: string; instanceID?: unknown; metadata?: { region?: unknown; services?: unknown } }

export async function listMeshNodes(broker: ServiceBroker): Promise<MeshNode[]> {
  const nodes = await broker.call<Listed[], object>("$node.list", { onlyAvailable: true });
  return nodes.map(({ id, instanceID, metadata }) => ({
    id,
    instance: typeof instanceID === "string" ? instanceID : "",
    region: typeof metadata?.region === "string" ? metadata.region : "",
    services: Array.isArray(metadata?.services) ? metadata.services.filter((name): name is string => typeof name === "string") : [],
  }));
}
