/**
 * What the answer to a player was spent on, carried back with it from the nodes that worked on it. It goes by the call's meta,
 * which Moleculer sends with every answer, also with a stream: there is no message for it alone.
 */
import type { Context } from "moleculer";
import { STAGES, type Stage } from "../config/metrics/play-stages.ts";
import type { Rendition } from "../media/plan.ts";

/** ms by stage. With `join` the stages behind it were another request's, which this one shared; see `ownStages`. */
export interface Spent extends Partial<Record<Stage, number>> { mode?: Rendition["mode"] }

interface SpentMeta { spent?: unknown }
type Timed = Pick<Context, "meta">;

/** Adds to what the answer of this call says. */
export function tellSpent(ctx: Timed, spent: Spent | undefined): void {
  if (spent !== undefined) Object.assign(ctx.meta, { spent: { ...spentIn(ctx), ...spent } });
}

/** What is known so far: after a call of the context, also what its answer said. Another node's word is checked. */
export function spentIn({ meta }: Timed): Spent {
  const { spent } = meta as SpentMeta;
  if (typeof spent !== "object" || spent === null) return {};
  const known: Spent = {};
  for (const stage of STAGES) {
    const ms: unknown = Reflect.get(spent, stage);
    if (typeof ms === "number" && ms >= 0 && ms < Infinity) known[stage] = ms;
  }
  if ("mode" in spent && (spent.mode === "encode" || spent.mode === "repackage")) known.mode = spent.mode;
  return known;
}

/** The same of a call that `broker.call` made, once it is answered. */
export function spentBy(call: Promise<unknown>): Spent {
  return "ctx" in call && isTimed(call.ctx) ? spentIn(call.ctx) : {};
}

function isTimed(ctx: unknown): ctx is Timed {
  return typeof ctx === "object" && ctx !== null && "meta" in ctx && typeof ctx.meta === "object" && ctx.meta !== null;
}

/** ms that whoever waited for the answer spent on it. */
export const sumOf = (spent: Spent): number => Object.values(ownStages(spent)).reduce((sum, ms) => sum + ms, 0);

const OWN_OF_JOINED: readonly Stage[] = ["plan", "join", "total"];
const isOwn = ({ join }: Spent, stage: Stage): boolean => join === undefined || OWN_OF_JOINED.includes(stage);

/** The stages that this request itself waited for. */
export function ownStages(spent: Spent): Partial<Record<Stage, number>> {
  const stages: Partial<Record<Stage, number>> = {};
  eachOwnStage(spent, (stage, ms) => { stages[stage] = ms; });
  return stages;
}

export function eachOwnStage(spent: Spent, tell: (stage: Stage, ms: number) => void): void {
  for (const stage of STAGES) {
    const ms = spent[stage];
    if (ms !== undefined && isOwn(spent, stage)) tell(stage, ms);
  }
}

/**
 * Server-Timing (W3C) in ms, to the first byte; `cache` says where the bytes were, `shared` what was spent for an earlier
 * request that this one joined.
 */
export function formatServerTiming(spent: Spent, tier?: string): string {
  let text = "";
  for (const stage of STAGES) {
    const ms = spent[stage] ?? (stage === "cache" && tier !== undefined ? 0 : undefined);
    if (ms === undefined) continue;
    const described = stage === "cache" ? tier : isOwn(spent, stage) ? undefined : "shared";
    text += `${text === "" ? "" : ", "}${stage}${described === undefined ? "" : `;desc=${described}`};dur=${ms.toFixed(1)}`;
  }
  return text;
}
