/** All that is kept of one person, piece by piece, so that no more than one page of it is in memory. */
import type { KeyView } from "../access/access.contract.ts";
import type { RecordView } from "../audit/audit.contract.ts";
import type { KnownUpload } from "../source/source.contract.ts";
import type { Review, VideoView } from "../videos/videos.contract.ts";
import type { PersonThing } from "../../mixins/person-marks.ts";
import type { LinkItem, PersonPart, ReviewItem } from "./persons.contract.ts";

/** A person, and the only tenant that is looked at; undefined: all. */
export interface Whom { person: string; tenant: string | undefined }

export interface CollectPorts {
  keys(whom: Whom): Promise<KeyView[]>;
  posted(whom: Whom): AsyncIterable<PersonThing>;
  sent(whom: Whom): AsyncIterable<PersonThing>;
  /** Undefined: it is not there any more. */
  findVideo(id: string): Promise<VideoView | undefined>;
  findUpload(id: string): Promise<KnownUpload | undefined>;
  findReview(id: string): Promise<Review | undefined>;
  /** Newest first. @param since ISO 8601 */
  records(whom: Whom, since?: string): AsyncIterable<RecordView>;
  /** For how long a link can be good. */
  linkMaxSec: number;
  now(): number;
}

/** Of what the log says, remembered until its end; more of one person's links are never good at once. */
const MAX_REMEMBERED = 50_000;

/** Whether there is anything. What others did about them is not: else to ask about somebody would be enough to be told of them. */
export async function isKept(whom: Whom, { keys, posted, sent, records }: Pick<CollectPorts, "keys" | "posted" | "sent" | "records">): Promise<boolean> {
  for await (const _ of posted(whom)) return true;
  for await (const _ of sent(whom)) return true;
  if ((await keys(whom)).length > 0) return true;
  for await (const { who } of records(whom)) if (who?.subject === whom.person) return true;
  return false;
}

/** The parts in their order. */
export async function* collectPerson(whom: Whom, ports: CollectPorts): AsyncGenerator<{ part: PersonPart; item: unknown }> {
  for (const item of await ports.keys(whom)) yield { part: "keys", item };
  for await (const { id } of ports.posted(whom)) {
    const video = await ports.findVideo(id);
    if (video !== undefined) yield { part: "videos", item: video };
  }
  for await (const { tenant, id } of ports.sent(whom)) {
    const upload = await ports.findUpload(id);
    if (upload !== undefined) yield { part: "uploads", item: { ...upload, tenant } };
  }
  const links: LinkItem[] = [];
  const reviewed = new Set<string>();
  const goodSince = linksSince(ports);
  for await (const record of ports.records(whom)) {
    yield { part: "audit", item: record.who?.subject === whom.person ? record : withoutAddress(record) };
    const link = linkOf(record, whom);
    if (link !== undefined && record.at >= goodSince && links.length < MAX_REMEMBERED) links.push(link);
    const videoId = record.target?.["video"];
    if (isDone(record, "screening.decide", whom) && typeof videoId === "string" && reviewed.size < MAX_REMEMBERED) reviewed.add(videoId);
  }
  for (const item of links) yield { part: "links", item };
  for (const videoId of reviewed) {
    const { by, ...review } = (await ports.findReview(videoId)) ?? {};
    if (by === whom.person) yield { part: "reviews", item: { videoId, ...review } as ReviewItem };
  }
}

/** Links of theirs that may still be good. */
export async function* linksOf(whom: Whom, ports: Pick<CollectPorts, "records" | "linkMaxSec" | "now">): AsyncGenerator<LinkItem> {
  for await (const record of ports.records(whom, linksSince(ports))) {
    const link = linkOf(record, whom);
    if (link !== undefined) yield link;
  }
}

const linksSince = ({ linkMaxSec, now }: Pick<CollectPorts, "linkMaxSec" | "now">): string => new Date(now() - linkMaxSec * 1000).toISOString();

function linkOf(record: RecordView, whom: Whom): LinkItem | undefined {
  const { video: videoId, link: linkId } = record.target ?? {};
  if (!isDone(record, "videos.share", whom) || typeof videoId !== "string" || typeof linkId !== "string") return undefined;
  return { videoId, linkId, madeAt: record.at };
}

/** Whence somebody else came is theirs. */
function withoutAddress({ from: _from, ...record }: RecordView): RecordView {
  return record;
}

/** By the person themselves, and with success. */
function isDone({ type, action, result, who }: RecordView, wanted: string, { person }: Whom): boolean {
  return type === "done" && action === wanted && result === "ok" && who?.subject === person;
}
