/** How far an order is, as the store says. */
import type { PersonMarks, PersonThing } from "../../mixins/person-marks.ts";
import { takeAll } from "../../mixins/take-all.ts";
import type { ErasureDone, ErasureOrder, ErasureOrders } from "./erasure-orders.ts";
import type { ErasureView } from "./persons.contract.ts";

export async function viewErasure(order: ErasureOrder | ErasureDone, orders: Pick<ErasureOrders, "findFound" | "findDone">, marks: PersonMarks): Promise<ErasureView> {
  const { id, videos } = order;
  const done = await orders.findDone(id);
  if (done !== undefined) return { id, videos, orderedAt: done.orderedAt, status: "done", endedAt: done.endedAt, erased: done.erased };
  const [found, at] = [await orders.findFound(id), "at" in order ? order.at : order.orderedAt];
  if (found === undefined || !("person" in order)) return { id, videos, orderedAt: at, status: "running" };
  const { person, tenant } = order;
  const [posted, sent] = await Promise.all([idsOf(marks.posted.of(person, tenant)), idsOf(marks.sent.of(person, tenant))]);
  const left = (things: readonly PersonThing[], of: ReadonlySet<string>): number => things.filter((thing) => of.has(thing.id)).length;
  return {
    id, videos, orderedAt: at, status: "running",
    found: { videos: found.videos.length, uploads: found.uploads.length, keys: found.keys.length, links: found.links.length },
    left: { videos: left(found.videos, posted), uploads: left(found.uploads, sent) },
  };
}

async function idsOf(things: AsyncIterable<PersonThing>): Promise<Set<string>> {
  return new Set((await takeAll(things)).map(({ id }) => id));
}
