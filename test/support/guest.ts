/** FFmpeg as the tests of one service run it. */
import { openGuest, type Guest, type GuestSettings } from "../../mixins/guest.ts";

export const TEST_GUEST: GuestSettings = { sandbox: "auto", ffmpegPath: "ffmpeg", ffprobePath: "ffprobe", inputLimits: { maxPixels: 33_554_432, maxStreams: 64 } };

const silent = { info: () => undefined, warn: () => undefined };

export const openTestGuest = (changes: Partial<GuestSettings> = {}): Promise<Guest> => openGuest({ ...TEST_GUEST, ...changes }, silent);
