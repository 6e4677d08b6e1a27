/** Moleculer's plug for placement: chooses among the endpoints of an action or event. One for each of these on a node. */
import { Strategies, type ActionEndpoint, type Context, type Endpoint, type Registry, type ServiceBroker } from "moleculer";
import { chooseNode, type Candidate } from "./choose-node.ts";
import { meshView, regionOf, type MeshView } from "./mesh-view.ts";
import { findKey, isPlaced, staysInRegion } from "./placed-calls.ts";

/** `view`: instead of the broker's own; `keyOf`: instead of the table of placed calls. */
export interface PlacementOptions { view?: MeshView; keyOf?: typeof findKey }

interface Choice extends Candidate { endpoint: Endpoint }

/** Where a call has failed already, by what the contexts of all its attempts share. */
const failures = new WeakMap<object, Set<string>>();

export class PlacementStrategy extends Strategies.Base {
  readonly #view: MeshView;
  readonly #keyOf: typeof findKey;

  constructor(registry: Registry, broker: ServiceBroker, options: PlacementOptions = {}) {
    super(registry, broker, options);
    this.#view = options.view ?? meshView(broker);
    this.#keyOf = options.keyOf ?? findKey;
  }

  /** @param list at least one, all of the same action or event @param ctx absent for events that arrive from another node */
  override select(list: Endpoint[], ctx?: Context): Endpoint {
    const action = findAction(list);
    const local = list.find((endpoint) => endpoint.local);
    if (local !== undefined && !(action !== undefined && isPlaced(action))) return local;
    const failed = findFailed(ctx);
    const choices = list.map((endpoint): Choice => {
      const { report, rttMs, begun, silent } = this.#view.book.look(endpoint.id);
      return {
        endpoint, id: endpoint.id, region: regionOf(endpoint.node.metadata),
        report, rttMs: endpoint.local ? 0 : rttMs, begun, avoid: silent || failed?.has(endpoint.id) === true,
      };
    });
    const key = action === undefined ? undefined : this.#keyOf(action, ctx?.params);
    const stays = action !== undefined && staysInRegion(action);
    const { node, way } = chooseNode(choices, { region: this.#view.region, key, stays }, this.#view.random);
    this.#view.onPlaced(way);
    return node.endpoint;
  }
}

/** What `registry.strategy` calls it, of a broker or of one action. */
export const PLACEMENT = "Placement";
(Strategies as typeof Strategies & { register(name: string, strategy: typeof Strategies.Base): void }).register(PLACEMENT, PlacementStrategy); // Moleculer's types lack it

function findAction([first]: readonly Endpoint[]): string | undefined {
  return first !== undefined && isOfAction(first) ? first.action.name : undefined;
}

function isOfAction(endpoint: Endpoint): endpoint is ActionEndpoint {
  return "action" in endpoint;
}

/** On another attempt the context still names the node of the last one. Undefined on the first. */
function findFailed(ctx: Context | undefined): ReadonlySet<string> | undefined {
  if (ctx === undefined || ctx.nodeID === null || !Reflect.get(ctx, "_retryAttempts")) return undefined;
  const failed = failures.get(ctx.locals) ?? new Set<string>();
  failures.set(ctx.locals, failed.add(ctx.nodeID));
  return failed;
}
