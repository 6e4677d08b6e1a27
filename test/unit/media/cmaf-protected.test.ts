import { expect } from "chai";
import * as fc from "fast-check";
import { readFragment, writeFragment } from "../../../media/cmaf/fragment.ts";
import { writeInit } from "../../../media/cmaf/init.ts";
import { protectSegment } from "../../../media/cmaf/encryption/protect-fragment.ts";
import { protectInit, readTrack, type ProtectedTrack } from "../../../media/cmaf/encryption/protect-init.ts";
import { decryptFragment, encryptBlocks } from "../../support/cbcs.ts";

const KEY_ID = Buffer.from("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", "hex");
const SECRET = { key: Buffer.from("00112233445566778899aabbccddeeff", "hex"), iv: Buffer.from("0f0e0d0c0b0a09080706050403020100", "hex") };
/** Written by x264: High, 320 × 180. */
const AVCC = Buffer.from("AWQADP/hABpnZAAMrNlBQZ+fARAAAAMAEAAAAwMg8UKZYAEABmjr48siwP34+AA=", "base64");
const VIDEO = writeInit({ kind: "video", codec: "h264", configuration: AVCC, timescale: 12_800, width: 320, height: 180, displayWidth: 320, displayHeight: 180, rotation: 0 });
const SOUND = writeInit({ kind: "audio", codec: "aac", configuration: Buffer.from("1190", "hex"), timescale: 48_000, sampleRate: 48_000, channels: 2 });
const PICTURE: ProtectedTrack = { kind: "video", lengthSize: 4, configuration: AVCC };

const unit = (type: number, body: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + body.length);
  head.writeUInt8(0x60 + type, 4);
  return Buffer.concat([head, body]);
};
const sampleOf = (data: Uint8Array): { size: number; duration: number; compositionOffset: number; isKey: boolean } => ({ size: data.length, duration: 512, compositionOffset: 0, isKey: true });
const fragmentOf = (frames: readonly Uint8Array[]): Buffer => writeFragment({ sequence: 7, trackId: 1, baseDecodeTime: 1024, samples: frames.map(sampleOf), data: frames });
const protect = (track: ProtectedTrack, fragment: Uint8Array): Buffer => Buffer.concat([...protectSegment(track, encryptBlocks(SECRET)).push(fragment)]);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** Hexadecimal of words that are that already, or types of boxes. */
const written = (words: string): string => words.split(/\s+/).map((word) => (/^[0-9a-f]+$/.test(word) ? word : hex(Buffer.from(word)))).join("");

describe("init segment of encrypted media", () => {
  it("says what the picture was, how it is encrypted and by which key", () => {
    const encrypted = protectInit(VIDEO, { keyId: KEY_ID, iv: SECRET.iv });
    const tenc = `00000031 tenc 01000000 00190100 ${hex(KEY_ID)} 10 ${hex(SECRET.iv)}`;
    expect(hex(encrypted)).to.contain(written(`00000061 sinf 0000000c frma avc1 00000014 schm 00000000 cbcs 00010000 00000039 schi ${tenc}`));
    expect(hex(encrypted)).to.contain(written("encv 000000000000")).and.not.contain(written("avc1 000000000000"));
    const pssh = written(`00000034 pssh 01000000 1077efecc0b24d02ace33c1e52e2fb4b 00000001 ${hex(KEY_ID)} 00000000`);
    expect(hex(encrypted).endsWith(pssh)).to.equal(true);
    expect(encrypted.length).to.equal(VIDEO.length + 0x61 + 0x34);
  });

  it("says of sound that all of it is encrypted", () => {
    const encrypted = hex(protectInit(SOUND, { keyId: KEY_ID, iv: SECRET.iv }));
    expect(encrypted).to.contain(written("enca 000000000000")).and.to.contain(written(`tenc 01000000 00000100 ${hex(KEY_ID)} 10 ${hex(SECRET.iv)}`));
  });

  it("is made of H.264 and AAC only", () => {
    const hevc = writeInit({ kind: "video", codec: "hevc", configuration: Buffer.alloc(30), timescale: 1, width: 2, height: 2, displayWidth: 2, displayHeight: 2, rotation: 0 });
    for (const use of [() => protectInit(hevc, { keyId: KEY_ID, iv: SECRET.iv }), () => readTrack(hevc)]) expect(use).to.throw(/only H.264 and AAC/).with.property("type", "encode_failed");
  });

  it("of a plain track tells what its fragments are read by", () => {
    expect(readTrack(VIDEO)).to.deep.equal(PICTURE);
    expect(readTrack(SOUND)).to.deep.equal({ kind: "audio" });
  });
});

describe("encrypted fragment", () => {
  it("has a map of each frame behind its run, and its data where the run says", () => {
    const [sei, slice] = [unit(6, Buffer.alloc(9, 6)), unit(5, Buffer.concat([Buffer.from("888400", "hex"), Buffer.alloc(397, 0x5a)]))];
    const plain = fragmentOf([Buffer.concat([sei, slice])]);
    const encrypted = protect(PICTURE, plain);
    const { maps } = decryptFragment(encrypted, SECRET);
    const clear = maps[0]?.[0]?.[0] ?? 0;
    const map = `0001 ${clear.toString(16).padStart(4, "0")} ${(419 - clear).toString(16).padStart(8, "0")}`;
    const boxes = written(`00000011 saiz 00000000 08 00000001 00000014 saio 00000000 00000001 00000099 00000018 senc 00000002 00000001 ${map}`);
    const head = hex(encrypted.subarray(0, encrypted.length - 419 - 8));
    expect(head.slice(-boxes.length)).to.equal(boxes);
    expect(encrypted.length).to.equal(plain.length + 17 + 20 + 24);
    expect(hex(encrypted.subarray(0x99, 0x99 + 2))).to.equal("0001");
    expect(hex(readFragment(encrypted).data[0]?.subarray(0, clear) ?? Buffer.alloc(0))).to.equal(hex(Buffer.concat([sei, slice]).subarray(0, clear)));
  });

  it("leaves the map out where it would say nothing: of sound only whole blocks change", () => {
    const frames = [Buffer.alloc(40, 1), Buffer.alloc(15, 2), Buffer.alloc(16, 3)];
    const plain = fragmentOf(frames);
    const encrypted = protect({ kind: "audio" }, plain);
    expect(encrypted.length).to.equal(plain.length);
    const { data } = readFragment(encrypted);
    expect(hex(data[0] ?? Buffer.alloc(0))).to.equal(hex(encryptBlocks(SECRET)(Buffer.alloc(32, 1))) + "01".repeat(8));
    expect(hex(data[1] ?? Buffer.alloc(0))).to.equal("02".repeat(15));
    expect(decryptFragment(encrypted, SECRET).frames.map(hex)).to.deep.equal(frames.map(hex));
  });

  const body = fc.uint8Array({ minLength: 0, maxLength: 700 });
  const frame = fc.array(fc.tuple(fc.constantFrom(1, 5, 6, 7, 8, 9, 12), body), { minLength: 1, maxLength: 60 }).map((units) => Buffer.concat(units.map(([type, bytes]) => unit(type, bytes))));

  it("is what it was once it is decrypted, whatever its frames are made of; the plain one is left as it is", () => {
    fc.assert(fc.property(fc.array(frame, { minLength: 1, maxLength: 5 }), (frames) => {
      const plain = fragmentOf(frames);
      const before = hex(plain);
      const { frames: found, maps } = decryptFragment(protect(PICTURE, plain), SECRET);
      expect(found.map(hex)).to.deep.equal(frames.map(hex));
      expect(hex(plain)).to.equal(before);
      for (const map of maps) expect(map.length).to.be.within(1, 42);
    }), { numRuns: 60 });
  });

  it("encrypts something of every slice that is long enough, and nothing of anything else", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(1, 5, 6, 7, 8, 9), body), { minLength: 1, maxLength: 20 }), (units) => {
      const parts = units.map(([type, bytes]) => unit(type, bytes));
      const [changed] = readFragment(protect(PICTURE, fragmentOf([Buffer.concat(parts)]))).data;
      let at = 0;
      parts.forEach((part, n) => {
        const shown = changed?.subarray(at, at + part.length) ?? Buffer.alloc(0);
        const isSlice = [1, 5].includes(units[n]?.[0] ?? 0);
        if (!isSlice) expect(hex(shown)).to.equal(hex(part));
        else if (part.length >= 4 + 64 + 16) expect(hex(shown)).to.not.equal(hex(part));
        expect(hex(shown.subarray(0, 5))).to.equal(hex(part.subarray(0, 5)));
        at += part.length;
      });
    }), { numRuns: 60 });
  });

  it("is made as soon as it is whole, however its bytes come", () => {
    const plain = [fragmentOf([unit(1, Buffer.alloc(300, 1))]), fragmentOf([unit(1, Buffer.alloc(500, 2))])];
    const whole = protect(PICTURE, Buffer.concat(plain));
    const segment = protectSegment(PICTURE, encryptBlocks(SECRET));
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = plain;
    expect([...segment.push(first.subarray(0, -1))]).to.deep.equal([]);
    const began = [...segment.push(first.subarray(-1))];
    expect(hex(Buffer.concat(began))).to.equal(hex(protect(PICTURE, first)));
    const rest = [...second].flatMap((byte) => [...segment.push(Buffer.of(byte))]);
    segment.end();
    expect(hex(Buffer.concat([...began, ...rest]))).to.equal(hex(whole));
  });

  it("is refused when it stops in the middle, or is no fragment of one track", () => {
    const segment = protectSegment(PICTURE, encryptBlocks(SECRET));
    expect([...segment.push(fragmentOf([unit(1, Buffer.alloc(300))]).subarray(0, 100))]).to.deep.equal([]);
    expect(() => segment.end()).to.throw().with.property("type", "encode_failed");
    expect(() => protect(PICTURE, VIDEO)).to.throw().with.property("type", "encode_failed");
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(150), (noise, at) => {
      const damaged = Buffer.from(fragmentOf([unit(1, Buffer.alloc(300, 1))]));
      damaged.set(noise.subarray(0, damaged.length - at), at);
      try {
        protect(PICTURE, damaged);
      } catch (error) {
        expect(error).to.have.property("type", "encode_failed");
      }
    }));
  });

  it("has parts of at most 65,535 clear bytes, and of a picture of many slices the large ones encrypted", () => {
    const large = Buffer.concat([unit(6, Buffer.alloc(150_000)), unit(1, Buffer.alloc(1000, 9))]);
    const many = Buffer.concat(Array.from({ length: 100 }, (_, n) => unit(1, Buffer.alloc(100 + n, n))));
    const { frames, maps } = decryptFragment(protect(PICTURE, fragmentOf([large, many])), SECRET);
    expect(frames.map(hex)).to.deep.equal([large, many].map(hex));
    expect(maps[0]?.slice(0, 2)).to.deep.equal([[65_535, 0], [65_535, 0]]);
    expect(maps[1]).to.have.lengthOf(42);
    expect(() => protect(PICTURE, fragmentOf([unit(6, Buffer.alloc(3_000_000))]))).to.throw().with.property("type", "encode_failed");
  });
});
