/**
 * What this version's nodes say to each other, as a number. A mesh is upgraded node by node, so two numbers live side by
 * side for a while; a node understands its own number and those next to it.
 *
 * A change of a contract (`*.contract.ts`: actions, events; also what lies in Redis, in the queue or in the store) is
 * made so that both sides of an upgrade keep working. Without a new number: a new action, event, optional parameter or
 * field of an answer. With a new one, in two steps, each released by itself: N understands the new form beside the old
 * and still says the old; N + 1 says the new; N + 2 may forget the old.
 */
export const PROTOCOL = 1;

/** Whether nodes of these protocols may call each other. What names none is a tool, which is as old as its mesh. */
export function understands(own: number, other: unknown): boolean {
  return other === undefined || (typeof other === "number" && Math.abs(own - other) <= 1);
}
