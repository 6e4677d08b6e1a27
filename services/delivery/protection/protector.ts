/** Encrypts what delivery answers, by how its video is protected. It keeps keys, and what init segments say of tracks. */
import { LRUCache } from "lru-cache";
import { upTo } from "../../../config/lru-room.ts";
import { protectInit, readTrack, type ProtectedTrack } from "../../../media/cmaf/encryption/protect-init.ts";
import type { PlaylistProtection } from "../../../media/hls/keys.ts";
import type { Protection } from "../../../media/protection.ts";
import type { ContentKey } from "../../../mixins/content-key.ts";
import { wholeSegment, type SegmentAnswer } from "../../../mixins/segment-answer.ts";
import type { SegmentName } from "../../../media/media-names.ts";
import { encryptGrowing, encryptWhole, sampleCipher, wholeSegmentCipher, type SegmentCipher } from "./ciphers.ts";
import { openContentKeys } from "./content-keys.ts";

export interface ProtectorPorts {
  /** The object of a video's content key, or null. */
  readKey(id: string): Promise<Uint8Array | null>;
  /** The plain init segment of a rendition. */
  getInit(id: string, rendition: string): Promise<Uint8Array>;
}

export interface Asked { id: string; rendition: string; segment: SegmentName }

/** Renditions. A player asks for the init segment of each before anything else of it. */
const MAX_TRACKS = 2_000;

/** An init segment under `aes-128` has nothing that is worth a secret. */
export function isEncrypted(protection: Protection, segment: SegmentName): boolean {
  return protection !== "none" && !(protection === "aes-128" && segment === "init");
}

export function openProtector({ readKey, getInit }: ProtectorPorts) {
  const keys = openContentKeys(readKey);
  const tracks = new LRUCache<string, ProtectedTrack>(upTo(MAX_TRACKS));

  async function getTrack(id: string, rendition: string): Promise<ProtectedTrack> {
    const name = `${id}/${rendition}`;
    const known = tracks.get(name);
    if (known !== undefined) return known;
    const track = readTrack(Buffer.from(await getInit(id, rendition))); // a copy: a few bytes of it are kept, not the whole of its memory
    tracks.set(name, track);
    return track;
  }

  /** Undefined: it goes as it is. */
  async function open({ id, rendition, segment }: Asked, protection: Protection): Promise<Encryption | undefined> {
    if (!isEncrypted(protection, segment)) return undefined;
    if (segment === "init") return { init: await keys.get(id) };
    if (protection === "aes-128") return { cipher: wholeSegmentCipher(await keys.get(id), segment) };
    const [key, track] = await Promise.all([keys.get(id), getTrack(id, rendition)]);
    return { cipher: sampleCipher(key, track) };
  }

  return {
    key: keys.get,
    /** What playlists say. */
    async playing(id: string, protection: Protection): Promise<PlaylistProtection> {
      return protection === "cbcs" ? { protection, iv: (await keys.get(id)).iv } : { protection };
    },
    /** What encrypts the answer of the cache, of which it may be asked meanwhile; a segment streams on as it comes. */
    async open(asked: Asked, protection: Protection): Promise<(answer: SegmentAnswer) => Promise<SegmentAnswer>> {
      const encryption = await open(asked, protection);
      return async (answer) => {
        if (encryption === undefined) return answer;
        const { tier } = answer;
        if ("init" in encryption) return { tier, bytes: protectInit((await wholeSegment(answer)).bytes, encryption.init) };
        if ("growing" in answer) return { tier, growing: await encryptGrowing(encryption.cipher, answer.growing) };
        return { tier, bytes: await encryptWhole(encryption.cipher, answer.bytes) };
      };
    },
    forget(id: string): void {
      keys.forget(id);
      for (const name of tracks.keys()) if (name.startsWith(`${id}/`)) tracks.delete(name);
    },
  };
}

export type Protector = ReturnType<typeof openProtector>;

type Encryption = { init: ContentKey } | { cipher: SegmentCipher };
