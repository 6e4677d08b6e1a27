import { expect } from "chai";
import * as fc from "fast-check";
import { box } from "../../../../media/cmaf/boxes.ts";
import { fits, readSampleTables, type SampleTable } from "../../../../media/mp4/sample-tables.ts";
import { readMovieBox, type MovieBox, type SparseReading } from "../../../../mixins/demuxer/movie-box.ts";
import { TABLES, writeIndex, type WrittenTrack } from "../../../support/mp4-index.ts";

const SPARSE: SparseReading = { leastBytes: 0, blockBytes: 2_048, samples: 128, tailBytes: 64 };
/** Blocks so small that hardly more comes than is wanted. */
const TINY: SparseReading = { leastBytes: 0, blockBytes: 64, samples: 16, tailBytes: 32 };

const numbers = (count: number, of: (i: number) => number): number[] => Array.from({ length: count }, (_, i) => of(i));
/** So many samples in chunks of the sizes of `pattern`, by turns; the last one is what is left. */
function chunksOf(count: number, pattern: readonly number[]): number[] {
  const chunks: number[] = [];
  for (let left = count; left > 0; left -= chunks.at(-1) ?? left) chunks.push(Math.min(left, pattern[chunks.length % pattern.length] ?? 1));
  return chunks;
}
const film = (seconds: number): WrittenTrack[] => [
  { id: 1, handler: "vide", sizes: numbers(seconds * 25, (i) => 100 + (i % 7)), chunks: numbers(seconds * 25, () => 1), offsets: numbers(seconds * 25, (i) => 10 * (i % 3)), keys: numbers(seconds, (i) => i * 25 + 1) },
  { id: 2, handler: "soun", sizes: numbers(seconds * 40, (i) => 20 + (i % 5)), chunks: chunksOf(seconds * 40, [1, 2, 3]) },
];

/** A file with its index in front, as far as it is written: the media are nothing but a length. */
function writeFile(tracks: readonly WrittenTrack[]): { head: Buffer; size: number } {
  const length = writeIndex(tracks, 0).movie.byteLength;
  const { movie, size } = writeIndex(tracks, 16 + length + 8);
  return { head: Buffer.concat([box("ftyp"), box("moov", movie)]), size };
}

interface Reading { movie: MovieBox | undefined; reads: (readonly [start: number, end: number])[]; rounds: number }

/** Reads are answered together, once no more are asked for: each time is a round trip. */
async function read(head: Buffer, size: number, sparse?: SparseReading): Promise<Reading> {
  const reads: [number, number][] = [];
  let rounds = 0;
  let waiting: (() => void)[] = [];
  const readWhole = async (start: number, end: number): Promise<Uint8Array> => {
    reads.push([start, end]);
    await new Promise<void>((resolve) => {
      if (waiting.length === 0) setImmediate(() => {
        rounds++;
        const answered = waiting;
        waiting = [];
        for (const answer of answered) answer();
      });
      waiting.push(resolve);
    });
    return head.subarray(start, end);
  };
  const movie = await readMovieBox({ read: (start, end) => head.subarray(start, end), readWhole, ...(sparse === undefined ? {} : { sparse }) }, size);
  return { movie, reads, rounds };
}

/** What a table says of its first `loaded` samples, and what of all. */
function told(table: SampleTable | undefined, loaded = table?.loaded ?? 0): object | undefined {
  if (table === undefined) return undefined;
  const { sizes, offsets, loaded: _, ...rest } = table;
  return { ...rest, sizes: sizes.slice(0, loaded), offsets: offsets.slice(0, loaded) };
}

describe("reading an index in part", () => {
  it("takes times and pictures' sizes whole, and of places the beginning and the end, in three round trips", async () => {
    const { head, size } = writeFile(film(200));
    const { movie, reads, rounds } = await read(head, size, SPARSE);
    if (movie === undefined) throw new Error("no index");
    const whole = readSampleTables({ bytes: head.subarray(16), holes: [] });
    const tables = readSampleTables(movie);
    expect(rounds).to.equal(3);
    expect(reads.reduce((sum, [start, end]) => sum + end - start, 0)).to.equal(movie.bytes.byteLength - movie.holes.reduce((sum, { start, end }) => sum + end - start, 0));
    expect(movie.holes.reduce((sum, { start, end }) => sum + end - start, 0)).to.be.above(0.6 * (5_000 * 4 + 8_000 * 4 + 4_000 * 16));
    expect(movie.holes.every(({ start, end }) => movie.bytes.subarray(start, end).every((byte) => byte === 0xff)), "places that no file has").to.equal(true);
    expect(tables.get(1)?.sizes).to.deep.equal(whole.get(1)?.sizes);
    for (const id of [1, 2]) {
      const [table, full] = [tables.get(id), whole.get(id)];
      expect(table?.loaded).to.be.within(SPARSE.samples, (full?.count ?? 0) / 4);
      expect(told(table)).to.deep.equal(told(full, table?.loaded));
      expect([table?.sizes.at(-1), table?.offsets.at(-1)], "the last one").to.deep.equal([full?.sizes.at(-1), full?.offsets.at(-1)]);
    }
  });

  it("says the same as a whole one in whatever order the tables come, and however chunks are filled", async () => {
    await fc.assert(fc.asyncProperty(
      fc.shuffledSubarray([...TABLES], { minLength: TABLES.length }), fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 }),
      fc.boolean(), fc.nat(3_000), fc.integer({ min: 64, max: 700 }), fc.constantFrom("vide" as const, "text" as const),
      async (order, chunking, wide, padding, blockBytes, handler) => {
        const count = 900;
        const chunks = chunksOf(count, chunking);
        const tracks: WrittenTrack[] = ([["soun", 3], [handler, 5], ["soun", 9]] as const).map(([handler, id]) => ({ id, handler, sizes: numbers(count, (i) => 1 + (i * id) % 250), chunks, wide, order, padding }));
        const { head, size } = writeFile(tracks);
        const { movie } = await read(head, size, { ...TINY, blockBytes });
        const whole = readSampleTables({ bytes: head.subarray(16), holes: [] });
        const tables = readSampleTables(movie ?? { bytes: new Uint8Array(), holes: [] });
        expect([...tables.keys()]).to.deep.equal([3, 5, 9]);
        for (const [id, table] of tables) {
          expect(table.loaded).to.be.at.least(16);
          expect(told(table)).to.deep.equal(told(whole.get(id), table.loaded));
          expect(fits(table, size)).to.equal(true);
          expect(fits(table, size - 1)).to.equal(fits(whole.get(id) ?? table, size - 1));
        }
      },
    ), { numRuns: 60 });
  });

  it("is whole where it is small, hardly anything would be spared, or no holes are wanted", async () => {
    const { head, size } = writeFile(film(40));
    const all = [[16, head.byteLength]];
    expect((await read(head, size, { ...SPARSE, leastBytes: head.byteLength })).reads).to.deep.equal(all);
    expect((await read(head, size)).reads).to.deep.equal(all);
    const pictures = writeFile(film(40).slice(0, 1).map((track) => ({ ...track, chunks: [1_000] })));
    const { movie, reads } = await read(pictures.head, pictures.size, SPARSE);
    expect([movie?.holes, reads.at(-1)]).to.deep.equal([[], [16, pictures.head.byteLength]]);
  });

  it("is whole where the boxes are not what they should be", async () => {
    const { head, size } = writeFile(film(40));
    const at = head.indexOf("ctts") - 4;
    for (const length of [0, 1, 7, 0x7fff_ffff]) {
      const damaged = Buffer.from(head);
      damaged.writeUInt32BE(length, at);
      const { movie } = await read(damaged, size, SPARSE);
      expect([movie?.holes, Buffer.compare(movie?.bytes ?? head, damaged.subarray(16))], String(length)).to.deep.equal([[], 0]);
    }
  });

  it("ends, whatever the bytes are", async () => {
    const { head, size } = writeFile(film(10));
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(head.byteLength - 17), fc.nat(255)), { minLength: 1, maxLength: 12 }), async (changes) => {
      const damaged = Buffer.from(head);
      for (const [place, byte] of changes) damaged[16 + place] = byte;
      const { movie, rounds } = await read(damaged, size, TINY);
      expect(movie?.bytes.byteLength).to.equal(head.byteLength - 16);
      expect(rounds).to.be.at.most(10);
    }));
  });

  it("has no table where the end of the places is not told", async () => {
    const [video, audio] = film(40);
    if (video === undefined || audio === undefined) throw new Error("no film");
    // The last chunk has more samples than the end of their sizes that is read.
    const { head, size } = writeFile([video, { ...audio, chunks: [...numbers(1_500, () => 1), 100] }]);
    const { movie } = await read(head, size, TINY);
    expect([...readSampleTables(movie ?? { bytes: new Uint8Array(), holes: [] }).keys()]).to.deep.equal([1]);
  });
});
