/** Which segments delivery lets go without asking anybody: what is in memory here, plain, and somebody's who is known to may have it. */
import { useOf } from "../../config/access/actions.ts";
import { findRendition, segmentCount } from "../../media/plan-video.ts";
import type { NodeState } from "../../mixins/node-state.ts";
import type { AskedSegment, FindSegment, LendBytes } from "../../mixins/segments-at-hand.ts";
import type { WatchGuard } from "../../mixins/watch-guard.ts";
import type { Rendition } from "../../media/plan.ts";
import type { KnownPlans } from "./known-plans.ts";
import { isEncrypted } from "./protection/protector.ts";

export interface AtHandNeeds {
  node: Pick<NodeState, "accepting">;
  plans: Pick<KnownPlans, "recall">;
  guard: Pick<WatchGuard, "allowsAtOnce">;
  lend: LendBytes;
  answered(asked: AskedSegment, mode: Rendition["mode"], durationMs: number): void;
}

export function findAtHand({ node, plans, guard, lend, answered }: AtHandNeeds): FindSegment {
  const use = useOf("delivery.segment");
  return (caller, asked) => {
    const { id, rendition: name, segment } = asked;
    if (!node.accepting) return undefined; // the calls would go to another node
    const known = plans.recall(id);
    if (known === undefined || isEncrypted(known.protection, segment) || !guard.allowsAtOnce(caller, known.access, use)) return undefined;
    const rendition = findRendition(known.plan, name);
    if (rendition === undefined || (segment !== "init" && segment >= segmentCount(known.plan))) return undefined;
    const lent = lend(asked);
    if (lent === undefined) return undefined;
    return {
      bytes: lent.bytes, mode: rendition.mode,
      answered(durationMs) {
        lent.answered();
        answered(asked, rendition.mode, durationMs);
      },
    };
  };
}
