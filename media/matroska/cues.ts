/** The index of a Matroska file: where its Cues element (RFC 9559 5.1.5) is, and at which times it says a track can be entered. Pure. */
import { readElements, readUint, type EbmlElement } from "./ebml.ts";
import { ID } from "./ids.ts";

const SEEK = { entry: 0x4dbb, id: 0x53ab, position: 0x53ac } as const;
const TIMESTAMP_SCALE = 0x2ad7b1;
const CUE = { point: 0xbb, time: 0xb3, positions: 0xb7, track: 0xf7 } as const;
/** RFC 9559 5.1.2.9: a tick is a millisecond unless the file says otherwise. */
const USUAL_TICK_NS = 1_000_000;
/** Of a day, with several a second. */
const MAX_CUES = 500_000;

/** Where a SeekHead says the Cues are, counted from the start of the Segment's body. */
export function findCuesPosition(seekHead: Buffer): number | undefined {
  for (const { id, body } of readElements(seekHead)) {
    if (id !== SEEK.entry) continue;
    const fields = [...readElements(body)];
    if (readUint(find(fields, SEEK.id)) === ID.cues) return readUint(find(fields, SEEK.position));
  }
  return undefined;
}

/** How long a tick of the file is, from its Info element. */
export function readTickNs(info: Buffer): number {
  for (const { id, body } of readElements(info)) if (id === TIMESTAMP_SCALE) return readUint(body);
  return USUAL_TICK_NS;
}

/** Times in ticks of the file, as they come, by the number of the track. */
export function readCues(cues: Buffer): Map<number, number[]> {
  const times = new Map<number, number[]>();
  let count = 0;
  for (const { id, body } of readElements(cues)) {
    if (id !== CUE.point) continue;
    if (++count > MAX_CUES) return new Map(); // an index of no use
    const fields = [...readElements(body)];
    const time = readUint(find(fields, CUE.time));
    for (const { id: field, body: positions } of fields) {
      if (field !== CUE.positions) continue;
      const track = readUint(find([...readElements(positions)], CUE.track));
      const known = times.get(track);
      if (known === undefined) times.set(track, [time]);
      else known.push(time);
    }
  }
  return times;
}

function find(fields: readonly EbmlElement[], id: number): Buffer {
  return fields.find((field) => field.id === id)?.body ?? Buffer.alloc(0);
}
