/** Tells a request which region is the best for it, from what the mesh said of its regions a moment ago. */
import type { IncomingMessage } from "node:http";
import type { ServiceBroker } from "moleculer";
import { fail } from "../../../config/errors.ts";
import type { Regions } from "../../../config/regions.ts";
import type { RegionView } from "../../storage/storage.contract.ts";
import { findChoice, openCountries, readAsker, type FindCountry } from "./asker.ts";
import { chooseRegion, isHealthy } from "./choose-region.ts";

export interface RegionGuide {
  /** At most a second old; empty where there is one region. */
  views(): Promise<readonly RegionView[]>;
  /** The best region for a request; undefined where there is one. */
  best(req: IncomingMessage): Promise<RegionView | undefined>;
  /** Where to send a player that is better served by another region. */
  elsewhere(req: IncomingMessage): Promise<{ name: string; url: string; redirect: boolean } | undefined>;
  /**
   * The node to hand a post to, when that is another region's. `asked`: the region that its body names.
   * @throws bad_request for a choice that is no region; region_unavailable when the one that was chosen is away
   */
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
    return regions === undefined ? undefined : chooseRegion(await look(), readAsker(req, regions.geoHeaders, findCountry));
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
      const choice = asked ?? findChoice(req);
      if (choice !== undefined && !names.includes(choice)) throw fail("bad_request", names.length === 0 ? "There is one region only." : `region must be one of ${names.join(", ")}.`);
      const found = choice === undefined ? await best(req) : (await look()).find(({ name }) => name === choice);
      if (found?.own === true || (choice !== undefined && choice === regions?.own.name)) return undefined;
      const [node] = found !== undefined && isHealthy(found) ? shuffle(await findNodes(found.name)) : [];
      if (node === undefined && choice !== undefined) throw fail("region_unavailable", `The region ${choice} is away.`, { retryAfterSec: 5 });
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
