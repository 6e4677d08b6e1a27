/** Looks at every video of a store: what is damaged, what is to be gone on with, what should be gone. */
import { objectKeys } from "../../config/object-keys.ts";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import type { Plan } from "../../media/plan.ts";
import { renditionsOf } from "../../media/plan-video.ts";
import { plannedSegments } from "../../media/policy.ts";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import { listKeys } from "../../services/storage/regions/settle-unit.ts";
import type { Outcome, Verdict, VideoRecord } from "../../services/videos/videos.contract.ts";

export interface VideosReport {
  videos: number;
  /** Unfinished ones that this region works on: marked, so that its schedulers find them. */
  open: number;
  /** Unfinished ones that another region works on. */
  elsewhere: number;
  /** Ids of finished ones that lack segments. These are made when they are watched. */
  incomplete: string[];
  /** Keys that cannot be read as what they should be, and folders without a record. */
  damaged: string[];
  /** Ids of deleted ones of which something was left. */
  leftovers: string[];
}

export interface CheckOptions {
  own: ObjectStore;
  ownName: string;
  /** Whether there is a region of this name. */
  isRegion(name: string): boolean;
  check: boolean;
}

interface Parts { record?: VideoRecord; verdict?: Verdict; plan?: Plan; outcome?: Outcome }

export async function checkVideos({ own, ownName, isRegion, check }: CheckOptions): Promise<VideosReport> {
  const report: VideosReport = { videos: 0, open: 0, elsewhere: 0, incomplete: [], damaged: [], leftovers: [] };
  const workers = await readWorkers(own);
  for (let after: string | undefined; ;) {
    const page = await own.list({ prefix: objectKeys.allVideos, delimiter: "/", ...(after === undefined ? {} : { after }) });
    for (const prefix of page.prefixes) await look(prefix.slice(objectKeys.allVideos.length, -1));
    if (page.next === undefined) return report;
    after = page.next;
  }

  async function look(id: string): Promise<void> {
    if ((await own.head(objectKeys.tombstone(id))) !== undefined) {
      report.leftovers.push(id);
      if (!check) await own.erase(objectKeys.video(id));
      return;
    }
    const { record, verdict, plan, outcome }: Parts = {
      ...(await part("record", objectKeys.record(id))), ...(await part("verdict", objectKeys.verdict(id))),
      ...(await part("plan", objectKeys.plan(id))), ...(await part("outcome", objectKeys.outcome(id))),
    };
    if (record === undefined) return void report.damaged.push(objectKeys.video(id)); // also when its key is lost
    report.videos++;
    if (record.protection !== undefined && (await own.head(objectKeys.contentKey(id))) === undefined) report.damaged.push(`${objectKeys.contentKey(id)} (missing: the video cannot be played)`);
    if (outcome?.complete === true && plan !== undefined) {
      const refused = outcome.refusedSegments ?? 0;
      if ((await countMissing(id, record, plan)) > refused) report.incomplete.push(id);
    }
    if (outcome !== undefined || verdict?.accepted === false) return;
    const worker = workers.get(id)?.by ?? record.home ?? ownName;
    if (worker !== ownName && isRegion(worker)) return void report.elsewhere++;
    report.open++;
    if (!check) await own.put(objectKeys.open(id), Buffer.from("{}"), { ifAbsent: true });
  }

  async function part(name: keyof Parts, key: string): Promise<Parts> {
    try {
      const bytes = await own.get(key);
      if (bytes === undefined) return {};
      return { [name]: JSON.parse(bytes.toString("utf8")) as unknown };
    } catch (error) {
      if (findErrorCode(error) === "storage_unavailable") throw error;
      report.damaged.push(`${key} (${errorMessage(error)})`);
      return {};
    }
  }

  async function countMissing(id: string, record: VideoRecord, plan: Plan): Promise<number> {
    let missing = 0;
    for (const rendition of renditionsOf(plan)) {
      const names = new Set((await listKeys(own, objectKeys.rendition(id, rendition.name))).map((key) => key.split("/").at(-1)));
      for (let segment = 0; segment < plannedSegments(plan, rendition, record.policy); segment++) if (!names.has(`${segment}.m4s`)) missing++;
    }
    return missing;
  }
}

/** The last change of hands of each video. */
async function readWorkers(own: ObjectStore): Promise<Map<string, { n: number; by: string }>> {
  const workers = new Map<string, { n: number; by: string }>();
  for (const key of await listKeys(own, objectKeys.allAdoptions)) {
    const [, , id = "", change = ""] = key.split("/");
    const [, n = "0", by] = /^(\d+)-(.+)$/.exec(change) ?? [];
    const present = workers.get(id);
    if (by !== undefined && (present === undefined || Number(n) > present.n)) workers.set(id, { n: Number(n), by });
  }
  return workers;
}
