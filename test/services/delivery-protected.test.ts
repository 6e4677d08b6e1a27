import { createDecipheriv } from "node:crypto";
import { expect } from "chai";
import type { Context, ServiceBroker } from "moleculer";
import { fail, findErrorCode } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { writeFragment } from "../../media/cmaf/fragment.ts";
import { writeInit } from "../../media/cmaf/init.ts";
import { protectInit } from "../../media/cmaf/encryption/protect-init.ts";
import { formatManifest } from "../../media/dash/manifest.ts";
import { formatKeyFramePlaylist, formatMasterPlaylist, formatMediaPlaylist } from "../../media/hls/playlists.ts";
import type { Protection } from "../../media/protection.ts";
import { makeContentKey } from "../../mixins/content-key.ts";
import { GrowingBytes } from "../../mixins/growing-bytes.ts";
import type { SegmentAnswer } from "../../mixins/segment-answer.ts";
import type { SegmentParams } from "../../services/cache/cache.contract.ts";
import { deliveryService } from "../../services/delivery/delivery.service.ts";
import type { WatchAnswer } from "../../services/videos/videos.contract.ts";
import { decryptFragment } from "../support/cbcs.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { rejection } from "../support/rejection.ts";
import { stagedPlan } from "../support/staged-plan.ts";

const ID = "01arz3ndektsv4rrffq69g5fav";
const PLAN = stagedPlan(20);
const [KEY, KEY_ID, IV] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2), Buffer.alloc(16, 3)];
const CONFIGURATION = Buffer.from("AWQADP/hABpnZAAMrNlBQZ+fARAAAAMAEAAAAwMg8UKZYAEABmjr48siwP34+AA=", "base64");
const INIT = writeInit({ kind: "video", codec: "h264", configuration: CONFIGURATION, timescale: 12_800, width: 320, height: 180, displayWidth: 320, displayHeight: 180, rotation: 0 });
const FRAME = Buffer.concat([Buffer.from("0000012d65888400", "hex"), Buffer.alloc(297, 0x5a)]);
const FRAGMENT = writeFragment({ sequence: 1, trackId: 1, baseDecodeTime: 0, samples: [{ size: FRAME.length, duration: 512, compositionOffset: 0, isKey: true }], data: [FRAME] });

describe("delivery of a protected video", () => {
  let broker: ServiceBroker;
  let protection: Protection;
  let stored: Buffer | null;
  let keyReads: string[];
  let opened: () => SegmentAnswer;

  beforeEach(async () => {
    const bytes = [KEY, KEY_ID, IV];
    [protection, stored, keyReads] = ["cbcs", makeContentKey(() => bytes.shift() ?? Buffer.alloc(0)), []];
    opened = () => ({ bytes: FRAGMENT, tier: "memory" });
    broker = quietBroker();
    broker.createService({ name: "videos", actions: { plan: (): WatchAnswer => ({ access: { id: ID, tenant: "default", visibility: "public", deleted: false }, plan: PLAN, protection }), noteMoments: () => undefined, state: () => null } });
    broker.createService({
      name: "cache",
      actions: {
        open: ({ params: { segment } }: Context<SegmentParams>): SegmentAnswer => (segment === "init" ? { bytes: INIT, tier: "memory" } : opened()),
        segment: ({ params: { segment } }: Context<SegmentParams>) => ({ bytes: segment === "init" ? INIT : FRAGMENT, tier: "memory" }),
      },
    });
    broker.createService({ name: "storage", actions: { head: () => null, get: ({ params: { key } }: Context<{ key: string }>) => { keyReads.push(key); return stored; } } });
    broker.createService(deliveryService());
    await broker.start();
  });
  afterEach(() => broker.stop());

  const segment = (rendition: string, name: number | "init"): Promise<SegmentAnswer> => broker.call("delivery.segment", { id: ID, rendition, segment: name });
  const bytesOf = async (answer: SegmentAnswer): Promise<Buffer> => ("bytes" in answer ? Buffer.from(answer.bytes) : await answer.growing.whole());
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => findErrorCode(await rejection(work, "a refusal"));
  const decryptWhole = (bytes: Buffer, n: number): Buffer => {
    const iv = Buffer.alloc(16);
    iv.writeUInt32BE(n, 12);
    const cipher = createDecipheriv("aes-128-cbc", KEY, iv);
    return Buffer.concat([cipher.update(bytes), cipher.final()]);
  };

  it("says in its playlists how, and reads its key once", async () => {
    const playing = { protection: "cbcs", iv: IV } as const;
    expect(await broker.call("delivery.master", { id: ID })).to.equal(formatMasterPlaylist(PLAN, undefined, playing));
    expect(await broker.call("delivery.media", { id: ID, rendition: "audio" })).to.equal(formatMediaPlaylist(PLAN, "audio", playing));
    expect(await broker.call("delivery.keyFrames", { id: ID, rendition: "source" })).to.equal(formatKeyFramePlaylist(PLAN, "source", playing));
    expect(await broker.call("delivery.manifest", { id: ID })).to.equal(formatManifest(PLAN, undefined, KEY_ID));
    expect(keyReads).to.deep.equal([objectKeys.contentKey(ID)]);
  });

  it("has no DASH under aes-128, and says what plays", async () => {
    protection = "aes-128";
    expect(await codeOf(broker.call("delivery.manifest", { id: ID }))).to.equal("hls_only");
    expect(await broker.call("delivery.master", { id: ID })).to.contain("METHOD=AES-128");
    expect(keyReads).to.deep.equal([]);
  });

  it("encrypts whole segments under aes-128, each by its number, and leaves init segments", async () => {
    protection = "aes-128";
    expect((await bytesOf(await segment("360p", "init"))).equals(INIT)).to.equal(true);
    const [first, second] = [await bytesOf(await segment("360p", 1)), await bytesOf(await segment("360p", 2))];
    expect([decryptWhole(first, 1).equals(FRAGMENT), decryptWhole(second, 2).equals(FRAGMENT), first.equals(second)]).to.deep.equal([true, true, false]);
    expect(first.length).to.equal(FRAGMENT.length + 16 - (FRAGMENT.length % 16));
    expect(first.includes(Buffer.alloc(16, 0x5a))).to.equal(false);
  });

  it("encrypts samples under cbcs, and says in the init segment by which key", async () => {
    expect((await bytesOf(await segment("360p", "init"))).equals(protectInit(INIT, { keyId: KEY_ID, iv: IV }))).to.equal(true);
    const encrypted = await bytesOf(await segment("360p", 1));
    expect(decryptFragment(encrypted, { key: KEY, iv: IV }).frames.map((frame) => frame.equals(FRAME))).to.deep.equal([true]);
    expect(encrypted.equals(FRAGMENT)).to.equal(false);
  });

  it("encrypts key frames that are asked for alone", async () => {
    const keyFrame = Buffer.from(await broker.call<Uint8Array, object>("delivery.keyFrame", { id: ID, rendition: "360p", segment: 3 }));
    expect(decryptFragment(keyFrame, { key: KEY, iv: IV }).frames.map((frame) => frame.equals(FRAME))).to.deep.equal([true]);
    expect(keyFrame.includes(FRAME)).to.equal(false);
  });

  for (const [kind, decrypt] of [["aes-128", (bytes: Buffer) => decryptWhole(bytes, 1)], ["cbcs", (bytes: Buffer) => decryptFragment(bytes.subarray(0, bytes.length / 2), { key: KEY, iv: IV }).frames[0] ?? Buffer.alloc(0)]] as const) {
    it(`sends on what is there of a segment that is being made, encrypted: ${kind}`, async () => {
      protection = kind;
      const growing = new GrowingBytes();
      opened = () => ({ growing, tier: "made" });
      growing.push(FRAGMENT);
      const answer = await segment("360p", 1);
      if (!("growing" in answer)) throw new Error("it waited for the end");
      expect(answer.growing.isGrowing).to.equal(true);
      expect(answer.growing.size).to.be.at.least(FRAGMENT.length - 16);
      growing.push(FRAGMENT);
      growing.end();
      const plain = decrypt(await answer.growing.whole());
      expect(plain.equals(kind === "cbcs" ? FRAME : Buffer.concat([FRAGMENT, FRAGMENT]))).to.equal(true);
    });

    it(`breaks off what breaks off, and never ends it as if it were whole: ${kind}`, async () => {
      protection = kind;
      const growing = new GrowingBytes();
      opened = () => ({ growing, tier: "made" });
      growing.push(FRAGMENT);
      const answer = await segment("360p", 1);
      growing.fail(fail("encode_stalled", "It stopped."));
      expect(await codeOf(bytesOf(answer))).to.equal("encode_stalled");
    });
  }

  it("does not write into what the cache keeps", async () => {
    const before = Buffer.from(FRAGMENT);
    for (protection of ["aes-128", "cbcs"] as const) {
      await segment("360p", 1);
      expect(FRAGMENT.equals(before)).to.equal(true);
    }
  });

  it("sends nothing of the video while its key is away, nor when what is there is no key", async () => {
    for (const object of [null, Buffer.from("{}"), Buffer.from('{"key":"AAAA","keyId":"AAAA","iv":"AAAA"}')]) {
      stored = object;
      for (protection of ["aes-128", "cbcs"] as const) expect(await codeOf(segment("360p", 1))).to.equal("not_ready");
    }
  });

  it("gives its key to who may have its media, and a licence to who asks for that key", async () => {
    expect(Buffer.from(await broker.call<Uint8Array, object>("delivery.contentKey", { id: ID })).equals(KEY)).to.equal(true);
    const [own, other] = [KEY_ID.toString("base64url"), Buffer.alloc(16, 9).toString("base64url")];
    expect(await broker.call("delivery.license", { id: ID, keyIds: [other, own] })).to.deep.equal({ keys: [{ kty: "oct", kid: own, k: KEY.toString("base64url") }], type: "temporary" });
    expect(await codeOf(broker.call("delivery.license", { id: ID, keyIds: [other] }))).to.equal("no_content_key");
    protection = "aes-128";
    await broker.broadcast("video.deleted", { videoId: ID });
    expect(await codeOf(broker.call("delivery.license", { id: ID, keyIds: [own] }))).to.equal("no_content_key");
  });

  it("forgets the key of a video that is deleted", async () => {
    await broker.call("delivery.contentKey", { id: ID });
    await broker.broadcast("video.deleted", { videoId: ID });
    stored = null;
    expect(await codeOf(broker.call("delivery.contentKey", { id: ID }))).to.equal("not_ready");
  });

  it("has no key for a plain video, and looks for none", async () => {
    protection = "none";
    expect(await codeOf(broker.call("delivery.contentKey", { id: ID }))).to.equal("no_content_key");
    expect((await bytesOf(await segment("360p", 1))).equals(FRAGMENT)).to.equal(true);
    expect(keyReads).to.deep.equal([]);
  });
});
