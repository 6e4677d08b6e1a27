/**
 * Who posted what: marks in the store, by which one person's things are found without looking through everybody's. They hold
 * nothing, and name a person as `personOf` does, so they are erased and not only removed. One of a thing that is not there any more does no harm.
 */
import { objectKeys } from "../config/object-keys.ts";
import type { ListResult } from "../services/storage/storage.contract.ts";
import type { StorageCalls } from "./storage-calls.ts";
import { takeAll } from "./take-all.ts";

/** A video or an upload, and for which tenant it was posted or sent. */
export interface PersonThing { tenant: string; id: string }
type Folder = (person: string, tenant?: string) => string;

const NOTHING = Buffer.from("{}");

export function personMarks(storage: Pick<StorageCalls, "put" | "list" | "erase">) {
  async function* names(folder: string): AsyncGenerator<string> {
    let after: string | undefined;
    do {
      const page: ListResult = await storage.list(folder, after, false);
      for (const { key } of page.objects) yield key.slice(folder.length);
      after = page.next;
    } while (after !== undefined);
  }

  async function* things(of: Folder, person: string, tenant: string | undefined): AsyncGenerator<PersonThing> {
    for await (const name of names(of(person, tenant))) {
      const [owner = "", id = ""] = tenant === undefined ? name.split("/") : [tenant, name];
      yield { tenant: owner, id };
    }
  }

  async function posters(videoId: string): Promise<string[]> {
    return await takeAll(names(objectKeys.videoPosters(videoId)));
  }

  const posted = {
    /** Twice does no harm. */
    async note(person: string, { tenant, id }: PersonThing): Promise<void> {
      await Promise.all([storage.put(objectKeys.personVideo(person, tenant, id), NOTHING, false), storage.put(objectKeys.videoPoster(id, person), NOTHING, false)]);
    },
    /** The one by which it is found goes last, so that whoever dies here is not the end of it. */
    async forget(person: string, thing: PersonThing): Promise<void> {
      await posted.forgetPoster(person, thing.id);
      await storage.erase(objectKeys.personVideo(person, thing.tenant, thing.id));
    },
    /** The first half of it. */
    forgetPoster: async (person: string, id: string): Promise<void> => void (await storage.erase(objectKeys.videoPoster(id, person))),
    /** @param tenant undefined: for all */
    of: (person: string, tenant?: string) => things(objectKeys.personVideos, person, tenant),
  };

  return {
    posted,
    posters,
    /** Of a video that is deleted, whoever posted it. */
    async forgetVideo(video: PersonThing): Promise<void> {
      for (const person of await posters(video.id)) await posted.forget(person, video);
    },
    sent: {
      async note(person: string, { tenant, id }: PersonThing): Promise<void> {
        await storage.put(objectKeys.personUpload(person, tenant, id), NOTHING, false);
      },
      forget: async (person: string, { tenant, id }: PersonThing): Promise<void> => void (await storage.erase(objectKeys.personUpload(person, tenant, id))),
      of: (person: string, tenant?: string) => things(objectKeys.personUploads, person, tenant),
    },
  };
}

export type PersonMarks = ReturnType<typeof personMarks>;
