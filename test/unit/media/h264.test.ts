import { expect } from "chai";
import * as fc from "fast-check";
import { bringsNewParameters, isBidirectional, nalUnits, parseH264Config } from "../../../media/h264.ts";

/** Written by x264. */
const WRITTEN = {
  baseline: ["AULADP/hABlnQsAM2QFBn58BEAAAAwAQAAADAyDxQqSAAQAFaMuDyyA=", { profile: 66, chromaFormat: 1, bitDepth: 8, progressive: true, saysMatrix: false }],
  high: ["AWQADP/hABpnZAAMrNlBQZ+fARAAAAMAEAAAAwMg8UKZYAEABmjr48siwP34+AA=", { profile: 100, chromaFormat: 1, bitDepth: 8, progressive: true, saysMatrix: false }],
  high10: ["AW4ADP/hABpnbgAMps2UFBn58BEAAAMAAQAAAwAyDxQplgEABmjr48siwP36+gA=", { profile: 110, chromaFormat: 1, bitDepth: 10, progressive: true, saysMatrix: false }],
  high422: ["AXoADP/hABpnegAMvNlBQZ+NwEQAAAMABAAAAwDIPFCmWAEABmjr48siwP74+AA=", { profile: 122, chromaFormat: 2, bitDepth: 8, progressive: true, saysMatrix: false }],
  high444: ["AfQADP/hABln9AAMkZsoKDPxuAiAAAADAIAAABkHihTLAQAGaOvjxEhE//j4AA==", { profile: 244, chromaFormat: 3, bitDepth: 8, progressive: true, saysMatrix: false }],
  interlaced: ["AWQAFf/hABlnZAAVrNlBQz8mAiAAAAMAIAAABkPihTLAAQAGaPujyyLA/fj4AA==", { profile: 100, chromaFormat: 1, bitDepth: 8, progressive: false, saysMatrix: false }],
  gray: ["AWQADP/hABlnZAAM82UFBn43AWyAAAADAIAAABkHihTLAQAGaOvjyyLA/Pj4AA==", { profile: 100, chromaFormat: 0, bitDepth: 8, progressive: true, saysMatrix: false }],
} as const;

/** Bits of a sequence parameter set, as a string of 0 and 1. */
const bits = (value: number, count: number): string => value.toString(2).padStart(count, "0");
const golomb = (value: number): string => { const code = (value + 1).toString(2); return "0".repeat(code.length - 1) + code; };
const signedGolomb = (value: number): string => golomb(value > 0 ? 2 * value - 1 : -2 * value);

interface Sps { profile: number; id: number; chroma: number; luma: number; lists: (number[] | undefined)[] | undefined; order: 0 | 1 | 2; cycle: number[]; width: number; height: number; progressive: boolean; vui: Vui | undefined }
/** `matrix`: undefined where no colours are described, null where not even the signal is. */
interface Vui { sar: number | undefined; overscan: boolean; matrix: number | undefined | null; cropped: boolean }

function writeVui({ sar, overscan, matrix }: Vui): string {
  const colours = matrix === undefined ? "0" : `1${bits(1, 8)}${bits(13, 8)}${bits(matrix ?? 0, 8)}`;
  return [
    sar === undefined ? "0" : `1${bits(sar, 8)}${sar === 255 ? bits(64, 16) + bits(45, 16) : ""}`,
    overscan ? "11" : "0",
    matrix === null ? "0" : `1${bits(5, 3)}1${colours}`,
    "0000000", // nothing more
  ].join("");
}

function writeSps({ profile, id, chroma, luma, lists, order, cycle, width, height, progressive, vui }: Sps): Buffer {
  const high = [100, 110, 122, 244].includes(profile);
  const scaling = (deltas: number[] | undefined): string => (deltas === undefined ? "0" : `1${deltas.map(signedGolomb).join("")}`);
  const text = [
    bits(0x67, 8), bits(profile, 8), bits(40, 16), golomb(id),
    ...(high ? [golomb(chroma), chroma === 3 ? "0" : "", golomb(luma - 8), golomb(0), "0", lists === undefined ? "0" : `1${lists.slice(0, chroma === 3 ? 12 : 8).map(scaling).join("")}`] : []),
    golomb(4), golomb(order),
    order === 0 ? golomb(6) : order === 1 ? `1${signedGolomb(-3)}${signedGolomb(5)}${golomb(cycle.length)}${cycle.map(signedGolomb).join("")}` : "",
    golomb(4), "0", golomb(width), golomb(height), progressive ? "1" : "01", "1",
    vui?.cropped === true ? `1${[3, 0, 4, 1].map(golomb).join("")}` : "0", vui === undefined ? "0" : `1${writeVui(vui)}`, "1",
  ].join("");
  const raw = Buffer.from((text.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2)));
  const escaped: number[] = [];
  for (const byte of raw) {
    if (byte <= 3 && escaped.at(-1) === 0 && escaped.at(-2) === 0) escaped.push(3);
    escaped.push(byte);
  }
  return Buffer.from(escaped);
}

const asConfig = (sps: Buffer): Buffer => Buffer.concat([Buffer.from([1, sps[1] ?? 0, 0, 40, 0xff, 0xe1, sps.length >> 8, sps.length & 0xff]), sps, Buffer.from([0])]);

describe("H.264 configuration", () => {
  for (const [name, [base64, expected]] of Object.entries(WRITTEN)) {
    it(`of ${name} is read`, () => expect(parseH264Config(Buffer.from(base64, "base64"))).to.deep.equal(expected));
  }

  it("is read whatever stands before the fields that matter", () => {
    const small = fc.integer({ min: 0, max: 30 });
    // 7.3.2.1.1.1: sixteen deltas that never bring a scale to 0, or one that does and so ends the list of 4 × 4; those of 8 × 8 are left out.
    const deltas = fc.oneof(fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 16, maxLength: 16 }), fc.constantFrom<number[]>([-8], [2, 3, -13]));
    const list = fc.option(deltas, { nil: undefined });
    const side = fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.constant(2 ** 23 - 1)); // 23 zeros on either side of a one: bytes 00 00
    const sps: fc.Arbitrary<Sps> = fc.record({
      profile: fc.constantFrom(66, 77, 88, 100, 110, 122, 244), id: small, chroma: fc.integer({ min: 0, max: 3 }), luma: fc.integer({ min: 8, max: 14 }),
      lists: fc.option(fc.array(list, { minLength: 6, maxLength: 6 }).map((lists) => [...lists, ...Array.from({ length: 6 }, () => undefined)]), { nil: undefined }),
      order: fc.constantFrom(0, 1, 2), cycle: fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 20 }), width: side, height: side, progressive: fc.boolean(),
      vui: fc.option(fc.record({ sar: fc.option(fc.constantFrom(0, 1, 14, 255), { nil: undefined }), overscan: fc.boolean(), matrix: fc.constantFrom(undefined, null, 0, 1, 2, 6, 9), cropped: fc.boolean() }), { nil: undefined }),
    });
    fc.assert(fc.property(sps, (given) => {
      const high = given.profile >= 100;
      const expected = { profile: given.profile, chromaFormat: high ? given.chroma : 1, bitDepth: high ? given.luma : 8, progressive: given.progressive, saysMatrix: ![undefined, null, 2].includes(given.vui?.matrix) };
      expect(parseH264Config(asConfig(writeSps(given)))).to.deep.equal(expected);
    }), { numRuns: 300 });
  });

  it("is undefined where it is cut off, and never more than bytes can say", () => {
    expect(parseH264Config(new Uint8Array())).to.equal(undefined);
    const whole = Buffer.from(WRITTEN.high[0], "base64");
    for (let length = 0; length < 8 + 0x1a; length++) expect(parseH264Config(whole.subarray(0, length)), String(length)).to.equal(undefined);
    expect(parseH264Config(asConfig(Buffer.from([0x67, 100, 0, 40])))).to.equal(undefined);
  });

  it("reads any bytes without throwing, and ends", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => { parseH264Config(bytes); }), { numRuns: 500 });
    fc.assert(fc.property(fc.uint8Array({ minLength: 4, maxLength: 300 }), (bytes) => {
      const config = parseH264Config(asConfig(Buffer.from(bytes)));
      if (config !== undefined) expect(Object.keys(config)).to.deep.equal(["profile", "chromaFormat", "bitDepth", "progressive", "saysMatrix"]);
    }), { numRuns: 500 });
    // Thirty-two zeros and more: the longest code there is, and beyond.
    for (const byte of [0, 0xff]) parseH264Config(asConfig(Buffer.concat([Buffer.from([0x67, 100, 0, 40]), Buffer.alloc(60_000, byte)])));
  });
});

describe("frames of H.264", () => {
  const frame = (...units: number[][]): Uint8Array => Uint8Array.from(units.flatMap((unit) => [0, 0, 0, unit.length, ...unit]));
  const P_SLICE = [0x41, 0b1_1_000000]; // first_mb 0, slice type 0
  const B_SLICE = [0x01, 0b1_010_0000]; // slice type 1
  const SPS = [0x67, 1, 2, 3];
  const AVCC = Uint8Array.from([1, 100, 0, 40, 0xff, 0xe1, 0, SPS.length, ...SPS, 0]);

  it("are bidirectional when their first slice is a B slice", () => {
    expect(isBidirectional(frame([0x09, 0xf0], B_SLICE), 4)).to.equal(true);
    expect(isBidirectional(frame([0x09, 0xf0], P_SLICE), 4)).to.equal(false);
    expect(isBidirectional(frame([0x06, 5]), 4)).to.equal(false);
  });

  it("bring new parameters when the configuration does not have their parameter set", () => {
    expect(bringsNewParameters(frame(SPS, [0x65, 1]), AVCC)).to.equal(false);
    expect(bringsNewParameters(frame([0x67, 9, 9, 9], [0x65, 1]), AVCC)).to.equal(true);
    expect(bringsNewParameters(frame([0x65, 1]), AVCC)).to.equal(false);
  });

  it("may be cut off anywhere", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (bytes, lengthSize) => {
      expect(isBidirectional(bytes, lengthSize)).to.be.a("boolean");
      expect(Array.from(nalUnits(bytes, lengthSize)).length).to.be.at.most(bytes.length + 1);
    }));
  });
});
