/** The index of an hour: what is fetched of it until a beginning plays, and when somebody goes further. */
import { expect } from "chai";
import { open, readFile, stat, type FileHandle } from "node:fs/promises";
import type { Facts } from "../../media/facts.ts";
import { readBoxes } from "../../media/cmaf/boxes.ts";
import { readSampleTables, type SampleTable } from "../../media/mp4/sample-tables.ts";
import type { OpenSource, Packet, Track } from "../../mixins/demuxer/demuxer.contract.ts";
import { closeDemuxer, openDemuxer, type Demuxer } from "../../mixins/demuxer/demuxer.ts";
import { openContainers } from "../../mixins/demuxer/containers.ts";
import { readPlaced } from "../../mixins/demuxer/placed-packets.ts";
import { placePackets } from "../../mixins/demuxer/table-packets.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { rejection } from "../support/rejection.ts";

const BLOCK_BYTES = 256 * 1024;
const HOUR_SEC = 3_600;

interface Read { start: number; end: number; ahead: boolean | undefined }

describe("the index of an hour", function () {
  this.timeout(120_000);
  let folder: Folder;
  let demuxer: Demuxer;
  let file: FileHandle;
  let size = 0;
  let index = { start: 0, end: 0 };
  let tables: Map<number, SampleTable>;
  let opened = 0;

  before(async () => {
    folder = await openFolder();
    demuxer = openDemuxer();
    const [minute, hour] = [folder.path("minute.mp4"), folder.path("hour.mp4")];
    const inputs = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=30:duration=60", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=60"];
    await run("ffmpeg", ["-v", "error", ...inputs, "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "150", "-crf", "45", "-c:a", "aac", "-b:a", "64k", minute]);
    await run("ffmpeg", ["-v", "error", "-stream_loop", "-1", "-i", minute, "-c", "copy", "-t", String(HOUR_SEC), "-movflags", "+faststart", hour]);
    file = await open(hour);
    size = (await stat(hour)).size;
    const bytes = await readFile(hour);
    const moov = readBoxes(bytes).find(({ type }) => type === "moov");
    if (moov === undefined) throw new Error("no index");
    index = moov;
    tables = readSampleTables({ bytes: moov.body, holes: [] });
  });
  after(async () => {
    await file?.close();
    await closeDemuxer();
    await folder?.remove();
  });

  /** The file, as if nobody had looked at it before. */
  function openFile(): { source: OpenSource; read: (start: number, end: number, ahead?: boolean) => Promise<Uint8Array>; reads: Read[] } {
    const reads: Read[] = [];
    return {
      source: { key: `hour#${++opened}`, size }, reads,
      async read(start, end, ahead) {
        reads.push({ start, end, ahead });
        const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
        return buffer;
      },
    };
  }

  /** What a source that is fetched in blocks sends for these reads. */
  function bytesFetched(reads: readonly Read[]): number {
    const blocks = new Set(reads.flatMap(({ start, end }) => Array.from({ length: Math.ceil(end / BLOCK_BYTES) - Math.floor(start / BLOCK_BYTES) }, (_, i) => Math.floor(start / BLOCK_BYTES) + i)));
    return [...blocks].reduce((sum, block) => sum + Math.min(BLOCK_BYTES, size - block * BLOCK_BYTES), 0);
  }

  const ofIndex = (reads: readonly Read[]): Read[] => reads.filter(({ start, end }) => start < index.end && end - start > BLOCK_BYTES);
  const timescales = (): Record<Track, number> => ({ video: tables.get(1)?.timescale ?? 0, audio: tables.get(2)?.timescale ?? 0 });
  const plain = (packets: readonly Packet[] | undefined): object[] | undefined => packets?.map((packet) => ({ ...packet, data: Buffer.from(packet.data).toString("base64") }));

  async function expected(track: Track, from: number, to: number): Promise<object[] | undefined> {
    const table = tables.get(track === "video" ? 1 : 2);
    return table === undefined ? undefined : plain(await readPlaced(placePackets(table, { track, from, to }, size) ?? [], async (start, end) => (await file.read(Buffer.alloc(end - start), 0, end - start, start)).buffer));
  }

  async function inspect({ source, read }: Pick<ReturnType<typeof openFile>, "source" | "read">): Promise<Facts> {
    const inspection = await demuxer.inspect(source, read);
    if (inspection.outcome !== "facts") throw new Error(inspection.outcome);
    return inspection.facts;
  }

  it("is some 4 MB, of which a beginning takes less than 3 with its media, in steps that nothing is read ahead of", async () => {
    expect(index.end - index.start).to.be.within(3_500_000, 4_500_000);
    const hour = openFile();
    const { video, audio: [audio] } = await inspect(hour);
    expect([video.frames, audio?.end]).to.deep.equal([tables.get(1)?.count, (tables.get(2)?.pts.at(-1) ?? 0) + (tables.get(2)?.durations.at(-1) ?? 0)]);
    expect(hour.reads.map(({ ahead }) => ahead)).to.deep.equal(hour.reads.map(() => false));
    const looked = hour.reads.length;
    for (const track of ["video", "audio"] as const) {
      const span = { from: 0, to: 5 * timescales()[track] };
      expect(plain(await demuxer.packets(hour.source, hour.read, { track, index: 0, timescale: timescales()[track], ...span }))).to.deep.equal(await expected(track, span.from, span.to));
    }
    expect(bytesFetched(hour.reads), "the beginning came along").to.equal(bytesFetched(hour.reads.slice(0, looked)));
    expect(bytesFetched(hour.reads)).to.be.below(3_000_000);
  });

  it("is told of also where the media cannot be fetched, of which only those hear who read them", async () => {
    const { source, read } = openFile();
    const readIndex = async (start: number, end: number): Promise<Uint8Array> => (end > index.end ? await Promise.reject(new Error("gone")) : await read(start, end));
    const containers = openContainers((_, start, end) => readIndex(start, end));
    const lost: unknown[] = [];
    const note = (reason: unknown): void => void lost.push(reason);
    process.on("unhandledRejection", note);
    try {
      expect((await containers.inspect({ op: "inspect", source, isCopy: false })).outcome).to.equal("facts");
      await new Promise((resolve) => setImmediate(resolve)); // Node tells of them after the microtasks
    } finally {
      process.off("unhandledRejection", note);
    }
    expect(lost).to.deep.equal([]);
    const found = await containers.packets({ op: "packets", source, track: "video", index: 0, timescale: timescales().video, from: 0, to: 1 });
    expect(await rejection(readPlaced("places" in found ? found.places : [], readIndex), "packets")).to.have.property("message", "gone");
  });

  it("is read whole for who goes further, once for all of them", async () => {
    const hour = openFile();
    await inspect(hour);
    expect(ofIndex(hour.reads).every(({ start, end }) => end - start < (index.end - index.start) / 2)).to.equal(true);
    hour.reads.length = 0;
    const spans = ([1_200, 2_400, 3_590] as const).flatMap((second) => (["video", "audio"] as const).map((track) => ({ track, from: second * timescales()[track], to: (second + 4) * timescales()[track] })));
    const found = await Promise.all(spans.map((span) => demuxer.packets(hour.source, hour.read, { ...span, index: 0, timescale: timescales()[span.track] })));
    for (const [i, { track, from, to }] of spans.entries()) expect(plain(found[i])).to.deep.equal(await expected(track, from, to));
    expect(ofIndex(hour.reads).map(({ start, end }) => [start, end])).to.deep.equal([[index.start + 8, index.end]]);
  });

  it("is read whole at once for who begins far behind", async () => {
    const hour = openFile();
    const [from, to] = [1_800 * timescales().audio, 1_804 * timescales().audio];
    expect(plain(await demuxer.packets(hour.source, hour.read, { track: "audio", index: 0, timescale: timescales().audio, from, to }))).to.deep.equal(await expected("audio", from, to));
    expect(ofIndex(hour.reads).map(({ start, end }) => [start, end])).to.deep.equal([[index.start + 8, index.end]]);
    expect(hour.reads.filter(({ start }) => start >= index.end).map(({ ahead }) => ahead)).to.deep.equal([true]);
  });
});
