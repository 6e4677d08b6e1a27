/** Tells a request which region is the best for it, from what the mesh said of its regions a moment ago. */
import type { IncomingMessage } from "node:http";
import type { ServiceBroker } from "moleculer";
import { fail } from "../../../config/errors.ts";
import type { Regions } from "../../../config/regions.ts";
import type { RegionView } from "../../storage/storage.contract.ts";
import { openCountries, readAsker, unknownRegion, type FindCountry } from "./asker.ts";
import { chooseRegion, isHealthy } from "./choose-region.ts";

export interface RegionGuide {
  /** At most a second old; empty where there is one region. */
  views(): Promise<readonly RegionView[]>;
  /** The best region for a request; undefined where there is one. @throws bad_request for a choice that is none */
  best(req: IncomingMessage): Promise<RegionView | undefined>;
  /** Where to send a player that is better served by another region. */
  elsewhere(req: IncomingMessage): Promise<{ name: string; url: string; redirect: boolean } | undefined>;
  /** The node to hand a post to, when that is another region's. @throws region_unavailable when a region that was asked for has none */
  nodeFor(req: IncomingMessage, asked: string | undefined): Promise<string | undefined>;
  /** Public URLs of the other regions. */
  readonly otherUrls: readonly string[];
}

export interface GuidePorts {
  regions: Regions | undefined;
  views(): Promise<RegionView[]>;
  /** Nodes of a region that run `videos`. */
  findNodes(region: string): Promise<string[]>;
  findCountry: FindCountry | undefined;
  now(): number;
}

const FRESH_MS = 1_000;

export function openRegionGuide({ regions, views, findNodes, findCountry, now }: GuidePorts): RegionGuide {
  const names = regions === undefined ? [] : [regions.own, ...regions.others].map(({ name }) => name);
  let seen: { at: number; views: Promise<readonly RegionView[]> } | undefined;

  /** What is not known keeps nobody from playing here. */
  function look(): Promise<readonly RegionView[]> {
    if (regions === undefined) return Promise.resolve([]);
    if (seen === undefined || now() - seen.at > FRESH_MS) seen = { at: now(), views: views().catch(() => []) };
    return seen.views;
  }

  const best = async (req: IncomingMessage): Promise<RegionView | undefined> => {
    const asker = readAsker(req, names, regions?.geoHeaders ?? [], findCountry);
    return chooseRegion(await look(), asker);
  };

  return {
    views: look,
    best,
    async elsewhere(req) {
      if (regions === undefined) return undefined;
      const found = await best(req);
      return found === undefined || found.own ? undefined : { name: found.name, url: found.publicUrl, redirect: regions.redirect };
    },
    async nodeFor(req, asked) {
      if (asked !== undefined && !names.includes(asked)) throw unknownRegion(names);
      const all = await look();
      const found = asked === undefined ? await best(req) : all.find(({ name }) => name === asked);
      if (found === undefined || found.own) return undefined;
      const [node] = isHealthy(found) ? shuffle(await findNodes(found.name)) : [];
      if (node === undefined && asked !== undefined) throw fail("region_unavailable", `The region ${asked} is away.`, { retryAfterSec: 5 });
      return node;
    },
    otherUrls: regions?.others.map(({ publicUrl }) => publicUrl) ?? [],
  };
}

function shuffle(names: readonly string[]): string[] {
  const at = Math.floor(Math.random() * names.length);
  return [...names.slice(at), ...names.slice(0, at)];
}

/** What `$node.list` tells of a node, as far as it counts here. */
interface NodeEntry { id: string; metadata?: { region?: unknown; services?: unknown } }

export function regionGuideOf(broker: ServiceBroker, regions: Regions | undefined): RegionGuide {
  return openRegionGuide({
    regions,
    views: () => broker.call<RegionView[], object>("storage.regions", {}),
    async findNodes(region) {
      const nodes = await broker.call<NodeEntry[], object>("$node.list", { onlyAvailable: true });
      return nodes.filter(({ metadata }) => metadata?.region === region && Array.isArray(metadata.services) && metadata.services.includes("videos")).map(({ id }) => id);
    },
    findCountry: regions?.geoDatabase === true ? openCountries() : undefined,
    now: () => performance.now(),
  });
}
