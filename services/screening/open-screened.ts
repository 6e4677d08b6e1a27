/** Opens a video's source for a screening: its frames, its sound and its bytes, as a guest's FFmpeg and the demuxer read them. */
import type { ServiceBroker } from "moleculer";
import type { Plan } from "../../media/plan.ts";
import { unlessAborted } from "../../mixins/cancelled.ts";
import type { Demuxer, ReadSource } from "../../mixins/demuxer/demuxer.ts";
import type { Packet } from "../../mixins/demuxer/demuxer.contract.ts";
import type { Remuxes } from "../../mixins/remux.ts";
import type { OpenDoor, SourceDoor } from "../../mixins/source-door.ts";
import { rememberFailure, sourceKey, sourceReader } from "../../mixins/source-reader.ts";
import { BLOCK_BYTES } from "../source/source.contract.ts";
import type { VideoRecord } from "../videos/videos.contract.ts";

export interface SourcePorts { demuxer: Pick<Demuxer, "packets">; door: Pick<SourceDoor, "open">; remuxes: Pick<Remuxes, "open"> }

/** A source while it is screened. */
export interface Screened {
  plan: Plan;
  signal: AbortSignal;
  /** The source as it came. */
  read: ReadSource;
  /** Packets of a span of the picture, from its key frame on, in decode order. */
  readPackets(from: number, to: number): Promise<Packet[]>;
  /** What the plan's times are of. */
  openFile(): OpenDoor;
  /** What the first read that failed threw: whoever looked then saw something damaged. */
  failure(): unknown;
  /** Bytes of the source that were needed so far: whole blocks, as sources are fetched. */
  bytes(): number;
}

export async function openScreened(broker: ServiceBroker, { demuxer, door, remuxes }: SourcePorts, { record: { source }, plan, version, signal }: { record: VideoRecord; plan: Plan; version: string; signal: AbortSignal }): Promise<Screened> {
  const reader = sourceReader(broker, source, version);
  const blocks = new Set<number>();
  /** The demuxer may read for others by it, too: it does not end with the screening. */
  const counted: ReadSource = async (start, end, ahead) => {
    for (let block = Math.floor(start / BLOCK_BYTES); block * BLOCK_BYTES < end; block++) blocks.add(block);
    return await reader(start, end, ahead);
  };
  const { read, failure } = rememberFailure(counted);
  const original = { source: { key: sourceKey(source, version), size: plan.facts.size }, read };
  const indexed = plan.facts.reader === "remux" ? await unlessAborted(signal, remuxes.open(original.source, read)) : original;
  const { index, timescale } = plan.facts.video;
  return {
    plan, signal, read, failure,
    bytes: () => Math.min(plan.facts.size, blocks.size * BLOCK_BYTES),
    readPackets: (from, to) => unlessAborted(signal, demuxer.packets(indexed.source, indexed.read, { track: "video", index, timescale, from, to })),
    openFile: () => door.open({ size: indexed.source.size, read: (start, end) => indexed.read(start, end, false) }),
  };
}
