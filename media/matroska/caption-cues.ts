/** The cues that FFmpeg writes as Matroska: WebVTT of several tracks in one stream, its parts told apart without a parser of text. Pure. */
import type { Cue } from "../webvtt/document.ts";
import { readElements, readUint } from "./ebml.ts";
import { ID } from "./ids.ts";

const CLUSTER = { timestamp: 0xe7, simpleBlock: 0xa3, group: 0xa0 } as const;
const GROUP = { block: 0xa1, duration: 0x9b } as const;

/** By track number, from 1 in the order of the output's streams; times in milliseconds as FFmpeg says them. Reads as far as the bytes go. */
export function readCaptionCues(bytes: Buffer): Map<number, Cue[]> {
  const cues = new Map<number, Cue[]>();
  for (const { id, body } of readElements(bytes)) {
    if (id !== ID.segment) continue;
    for (const part of readElements(body)) if (part.id === ID.cluster) readCluster(part.body, cues);
  }
  return cues;
}

function readCluster(body: Buffer, cues: Map<number, Cue[]>): void {
  let base = 0;
  for (const { id, body: inner } of readElements(body)) {
    if (id === CLUSTER.timestamp) base = readUint(inner);
    if (id !== CLUSTER.group) continue;
    const parts = [...readElements(inner)];
    const block = parts.find((part) => part.id === GROUP.block)?.body;
    const duration = parts.find((part) => part.id === GROUP.duration)?.body;
    if (block === undefined || block.length < 4 || duration === undefined) continue;
    const track = (block[0] ?? 0) & 0x7f; // at most 127 streams: one byte
    const start = base + block.readInt16BE(1);
    const list = cues.get(track) ?? [];
    cues.set(track, list);
    list.push({ start, end: start + readUint(duration), text: textOf(block.toString("utf8", 4)) });
  }
}

/** A block holds the cue's identifier, its settings and its text, a line feed between them. */
function textOf(block: string): string {
  return block.split("\n").slice(2).join("\n");
}
