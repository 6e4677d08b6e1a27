/**
 * Looks at a source and says what it is, or why it cannot be taken: by its head, then by its index, then by ffprobe and a
 * copy that has an index. Cheap looks come first, and no look trusts a file's name.
 */
import type { Logger } from "moleculer";
import { errorMessage, fail, findErrorCode } from "../../config/errors.ts";
import type { Facts } from "../../media/facts.ts";
import { sniff } from "../../media/sniff.ts";
import type { OpenSource } from "../../mixins/demuxer/demuxer.contract.ts";
import type { Demuxer, ReadSource } from "../../mixins/demuxer/demuxer.ts";
import type { Guest } from "../../mixins/guest.ts";
import type { Remuxes } from "../../mixins/remux.ts";
import type { SourceDoor } from "../../mixins/source-door.ts";
import type { Reason } from "../videos/videos.contract.ts";
import { findBoxLayout } from "./box-layout.ts";
import { ENCRYPTED, judgeFacts, judgeHead, judgeTracks, tooLarge, unreadable, unsupportedCodec, type Limits } from "./judge.ts";
import { probe, type ProbeOutcome } from "./probe.ts";
import { tellFacts } from "./told-facts.ts";

export type Look = { accepted: true; facts: Facts } | { accepted: false; reasons: Reason[] };

export interface LookPorts {
  demuxer: Pick<Demuxer, "inspect">;
  door: Pick<SourceDoor, "open">;
  remuxes: Pick<Remuxes, "open" | "forget">;
  guest: Guest;
  /** Larger sources without an index are cut by time. */
  maxRemuxBytes: number;
  limits: Limits;
  logger: Pick<Logger, "debug">;
}

const HEAD_BYTES = 64 * 1024;

const refuse = (...reasons: Reason[]): Look => ({ accepted: false, reasons });

/** `whole`: all of its bytes are there. */
export type Looked = OpenSource & { whole: boolean };

/** @throws source_pending when more of the source has to be there first, and what `read` throws */
export async function lookAt(source: Looked, read: ReadSource, ports: LookPorts): Promise<Look> {
  if (source.size === 0) return refuse({ class: "empty", message: "The source has no bytes." });
  const head = await read(0, Math.min(HEAD_BYTES, source.size), false);
  const sniffed = sniff(head);
  const ruledOut = judgeHead(head, sniffed);
  if (ruledOut !== undefined) return refuse(ruledOut);
  const container = sniffed.kind === "media" ? sniffed.container : "";
  // The length of a Matroska file is that of its last frames.
  if (container !== "mp4") needWhole(source);
  return container === "mp4" || container === "matroska" ? await byIndex(source, container, read, ports) : await byCopy(source, container, read, ports);
}

/** @throws source_pending */
function needWhole({ size, whole }: Looked): void {
  if (!whole) throw fail("source_pending", "All of the file is needed.", { needed: size });
}

function judge(facts: Facts, { limits }: LookPorts): Look {
  const reasons = judgeFacts(facts, limits);
  return reasons.length > 0 ? refuse(...reasons) : { accepted: true, facts };
}

async function byIndex(source: Looked, container: string, read: ReadSource, ports: LookPorts): Promise<Look> {
  const inspection = await ports.demuxer.inspect(source, read);
  switch (inspection.outcome) {
    case "facts": {
      const tooMany = judgeTracks(inspection.tracks, ports.limits);
      if (tooMany.length > 0) return refuse(...tooMany);
      if (inspection.told) return judge(inspection.facts, ports);
      return await judgeProbed(await byProbe(source, container, read, ports), ports, async (probed) => tellFacts(inspection.facts, probed, "index"));
    }
    case "encrypted": return refuse(ENCRYPTED);
    case "no_index":
    case "unreadable": return await byCopy(source, container, read, ports);
    default: return inspection satisfies never;
  }
}

/** Where no index is: a copy that has one is made while ffprobe looks. */
async function byCopy(source: Looked, container: string, read: ReadSource, ports: LookPorts): Promise<Look> {
  needWhole(source);
  const { demuxer, remuxes, maxRemuxBytes, logger } = ports;
  const copying = source.size > maxRemuxBytes ? undefined : remuxes.open(source, read).catch((error: unknown) => {
    if (findErrorCode(error) === "not_ready") throw error; // this node's fault: without a copy the video would be worse for good
    logger.debug(`A source could not be copied: ${errorMessage(error)}`);
    return undefined;
  });
  copying?.catch(() => undefined); // also when nobody waits for it
  const look = await judgeProbed(await byProbe(source, container, read, ports), ports, async (probed) => {
    const copy = await copying;
    const inspection = copy === undefined ? undefined : await demuxer.inspect(copy.source, copy.read, true);
    return inspection?.outcome === "facts" ? tellFacts(inspection.facts, probed, "remux") : probed;
  });
  if (!look.accepted || look.facts.reader !== "remux") copying?.then(() => remuxes.forget(source.key), () => undefined);
  return look;
}

type Probed = { facts: Facts } | { reason: Reason };

/** What ffprobe finds, or why that is no video. */
async function byProbe(source: OpenSource, container: string, read: ReadSource, { door, guest, limits }: LookPorts): Promise<Probed> {
  const layout = container === "mp4" ? await findBoxLayout(read, source.size) : undefined;
  if (layout !== undefined && layout !== "whole") return { reason: unreadable(container, layout) };
  const file = door.open({ size: source.size, read });
  try {
    const result = await probe(file.url, source.size, guest);
    return result.outcome === "facts" ? { facts: result.facts } : { reason: reasonFor(result, container, limits) };
  } finally {
    file.close();
  }
}

function reasonFor(result: Exclude<ProbeOutcome, { outcome: "facts" }>, container: string, limits: Limits): Reason {
  switch (result.outcome) {
    case "no_video": return { class: "no_video_stream", message: "The source has no video, only sound or a cover picture." };
    case "encrypted": return ENCRYPTED;
    case "unsupported_codec": return unsupportedCodec(result.codec);
    case "too_large": return tooLarge(result.width, result.height, limits);
    case "unreadable": return unreadable(container, undefined);
    default: return result satisfies never;
  }
}

/** `complete` adds what the index says to what ffprobe found. */
async function judgeProbed(probed: Probed, ports: LookPorts, complete: (facts: Facts) => Promise<Facts>): Promise<Look> {
  return "reason" in probed ? refuse(probed.reason) : judge(await complete(probed.facts), ports);
}
