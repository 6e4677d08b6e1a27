/** Which links to a video have ended: objects that are each written once, so that no two writers undo each other. */
import type { Revocations } from "../../config/access/grants.ts";
import { fail } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import type { StorageCalls } from "../../mixins/storage-calls.ts";

/** Single links that may be ended before all have to be. */
const MAX_SINGLE = 500;
const ONE = "link-";

export function linkRevocations(storage: Pick<StorageCalls, "list" | "put" | "remove" | "removePrefix">) {
  const encode = (by: string): Buffer => Buffer.from(JSON.stringify({ at: new Date().toISOString(), by }));

  async function read(videoId: string): Promise<Revocations> {
    const prefix = objectKeys.linksRevoked(videoId);
    const names: string[] = [];
    let after: string | undefined;
    do {
      const page = await storage.list(prefix, after, false);
      names.push(...page.objects.map(({ key }) => key.slice(prefix.length)));
      after = page.next;
    } while (after !== undefined);
    const all = names.map((name) => Number(/^all-(\d{1,10})$/.exec(name)?.[1] ?? 0));
    return { all: Math.max(0, ...all), links: names.filter((name) => name.startsWith(ONE)).map((name) => name.slice(ONE.length)) };
  }

  return {
    read,
    /** @param by who does it @throws conflict when too many were ended one by one */
    async revokeOne(videoId: string, linkId: string, by: string): Promise<Revocations> {
      const before = await read(videoId);
      if (before.links.includes(linkId)) return before;
      if (before.links.length >= MAX_SINGLE) throw fail("conflict", `${MAX_SINGLE} links of the video were ended one by one: end all of them instead.`);
      await storage.put(objectKeys.linkRevoked(videoId, ONE + linkId), encode(by), true);
      return { ...before, links: [...before.links, linkId] };
    },
    /** What was ended by itself is ended with the rest, and need not be kept. */
    async revokeAll(videoId: string, by: string): Promise<Revocations> {
      const before = await read(videoId);
      const all = Math.max(Math.floor(Date.now() / 1000), before.all + 1); // in seconds, so that regions that do not see each other rarely agree on one
      await storage.put(objectKeys.linkRevoked(videoId, `all-${all}`), encode(by), true);
      const done = [...before.links.map((linkId) => ONE + linkId), ...(before.all === 0 ? [] : [`all-${before.all}`])];
      await Promise.allSettled(done.map((name) => storage.remove(objectKeys.linkRevoked(videoId, name)))); // what stays does no harm
      return { all, links: [] };
    },
    forget: (videoId: string) => storage.removePrefix(objectKeys.linksRevoked(videoId)),
  };
}

export type LinkRevocations = ReturnType<typeof linkRevocations>;
