/** Reads the queue's keys as they are, and says what of them does not agree: an independent reader, past all of the queue's code. */
import type { Redis } from "ioredis";

interface QueueState { states: Record<string, number>; faults: string[] }

export async function readQueue(redis: Redis, prefix: string): Promise<QueueState> {
  const keys = (await redis.keys(`${prefix}:*`)).map((key) => key.slice(prefix.length + 1));
  const jobs = await Promise.all(keys.filter((key) => key.startsWith("job:")).map(async (key) => [key.slice("job:".length), await redis.hgetall(`${prefix}:${key}`)] as const));
  const faults: string[] = [];
  const expected = new Map<string, number>();
  const add = (field: string, by: number): void => { expected.set(field, (expected.get(field) ?? 0) + by); };
  const states: Record<string, number> = { waiting: 0, active: 0, delayed: 0, dead: 0 };
  const members = new Map<string, Set<string>>();
  const expectMember = (key: string, member: string): void => { members.set(key, (members.get(key) ?? new Set()).add(member)); };

  for (const [id, job] of jobs) {
    const { state = "", lane = "", tenant = "" } = job;
    states[state] = (states[state] ?? 0) + 1;
    add(`${state}:${lane}`, 1);
    if (state === "waiting") add(`held:${tenant}`, 1);
    if (state === "active") add(`busy:${tenant}`, 1);
    expectMember(`group:${job["group"]}`, id);
    if (state === "waiting") expectMember(`wait:${lane}:${tenant}`, id);
    if (state === "waiting") expectMember(`tenants:${lane === "play" ? "play" : "background"}`, tenant);
    if (state === "delayed" || state === "dead") expectMember(state, id);
    const tokens = [job["first"], job["second"]].filter((token) => token !== undefined);
    if (state === "active" && tokens.length === 0) faults.push(`${id} is active, and nobody runs it`);
    if (state !== "active" && tokens.length > 0) faults.push(`${id} is ${state}, and somebody runs it`);
    for (const token of tokens) expectMember("leases", `${id} ${token}`);
  }
  const counts = await redis.hgetall(`${prefix}:counts`);
  for (const [field, count] of Object.entries(counts)) {
    if (!/^(waiting|active|delayed|dead|held|busy):/.test(field)) continue;
    if (Number(count) !== (expected.get(field) ?? 0)) faults.push(`counts has ${field} ${count}, and there are ${expected.get(field) ?? 0}`);
    expected.delete(field);
  }
  for (const [field, count] of expected) faults.push(`counts lacks ${field} ${count}`);
  for (const field of Object.keys(counts)) if (field.startsWith("cost:") && counts[field.replace("cost:", "held:")] === undefined) faults.push(`counts keeps ${field}`);

  const sets = keys.filter((key) => /^(group|wait|tenants):/.test(key) || ["leases", "delayed", "dead"].includes(key));
  for (const key of new Set([...sets, ...members.keys()])) {
    const full = `${prefix}:${key}`;
    const found = key.startsWith("group:") ? await redis.smembers(full) : await redis.zrange(full, 0, -1);
    const wanted = members.get(key) ?? new Set<string>();
    for (const member of found) if (!wanted.has(member)) faults.push(`${key} has ${member}, which does not belong there`);
    for (const member of wanted) if (!found.includes(member)) faults.push(`${key} lacks ${member}`);
  }
  for (const key of keys) if (key.startsWith("shares:") && !jobs.some(([, { state, tenant }]) => state === "waiting" && key === `shares:${tenant}`)) faults.push(`${key} is left over`);
  return { states, faults };
}
