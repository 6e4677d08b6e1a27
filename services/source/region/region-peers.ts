/** The `source` services of the region's other nodes, for the blocks that they own. */
import type { ServiceBroker } from "moleculer";
import { readReply } from "../../../mixins/byte-reply.ts";
import { BLOCK_BYTES } from "../blocks/blocks.ts";
import type { RegionPeers } from "../origin/http-source.ts";
import { MAX_READ_BYTES, type BlocksParams } from "../source.contract.ts";
import type { GroupOwners } from "./group-owners.ts";

/** Longer than that the origin is asked. */
const ANSWER_MS = 8_000;

export function regionPeers(broker: ServiceBroker, owners: GroupOwners): RegionPeers {
  return {
    owners,
    async ask(node, { url, tenant, version, size }, first, last) {
      const params: BlocksParams = { source: { kind: "url", url: url.href, ...(tenant === undefined ? {} : { tenant }) }, version, first, last };
      const bytes = await readReply(await broker.call<unknown, BlocksParams>("source.blocks", params, { nodeID: node, timeout: ANSWER_MS, retries: 0 }), MAX_READ_BYTES);
      const wanted = Math.min(size, (last + 1) * BLOCK_BYTES) - first * BLOCK_BYTES;
      if (bytes.length !== wanted) throw new Error(`it gives ${bytes.length} bytes of ${wanted}`);
      return bytes;
    },
  };
}
