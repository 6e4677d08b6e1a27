/** What is unusual about a source that is accepted all the same, and what it costs: in words its owner can act on. Pure. */
import type { AudioFacts, Facts } from "./facts.ts";
import { decimation, MAX_ENCODED_RATE } from "./frame-rate.ts";
import { canRepackageAudio, canRepackageVideo, longestGop, MAX_GOP_SEC, PROFILES } from "./playable.ts";

/** `code` is for machines; `non_standard` notes say why more has to be made than the source itself. */
export interface Note { code: "non_standard" | "audio_dropped" | "frames_dropped" | "cut_by_time"; message: string }

export function noteFacts(facts: Facts): Note[] {
  return [...noteContainer(facts), ...notePicture(facts), ...noteSound(facts)];
}

const nonStandard = (message: string): Note => ({ code: "non_standard", message });

function noteContainer({ reader, container }: Facts): Note[] {
  switch (reader) {
    case "index": return [];
    case "remux": return [nonStandard(`The ${container} file has no index that can be read in place: every node that works on it copies it first. MP4 with its index in front starts at once.`)];
    case "probe": return [{ code: "cut_by_time", message: `The ${container} file has no index and is too large to be copied: it is cut by time on a constant frame rate, and a jump of its clock may cost frames. MP4 has an index.` }];
    default: return reader satisfies never;
  }
}

function notePicture(facts: Facts): Note[] {
  const { video } = facts;
  const dropped: Note[] = decimation(video.frameRate) === 1 ? [] : [{ code: "frames_dropped", message: `The picture has ${Math.round(video.frameRate.num / video.frameRate.den)} frames a second; encodes keep one of ${decimation(video.frameRate)}, so that there are at most ${MAX_ENCODED_RATE}.` }];
  if (canRepackageVideo(facts)) return dropped;
  const reasons = [
    video.codec !== "h264" ? `is coded as ${video.codec}` : undefined,
    video.codec === "h264" && video.codecString !== undefined && !PROFILES.test(video.codecString) ? "has an H.264 profile that few devices play" : undefined,
    video.codec === "h264" && video.pixelFormat !== undefined && video.pixelFormat !== "yuv420p" ? `has ${video.pixelFormat} pixels` : undefined,
    video.interlaced ? "is interlaced" : undefined,
    video.hdr ? "is HDR" : undefined,
    video.rotation !== 0 ? "is stored turned" : undefined,
    video.mirrored ? "is stored mirrored" : undefined,
    video.openGop ? "has key frames that frames before them depend on (open GOPs)" : undefined,
    video.changesMidway === true ? "changes its size or coding on the way" : undefined,
    video.start !== facts.originTicks ? "begins with frames that an edit list hides" : undefined,
    video.keyFrames.length > 0 && longestGop(video) > MAX_GOP_SEC * video.timescale ? `has key frames up to ${Math.round(longestGop(video) / video.timescale)} seconds apart` : undefined,
  ].filter((reason) => reason !== undefined);
  return reasons.length === 0 ? dropped : [...dropped, nonStandard(`The picture ${reasons.join(", ")}, so none of it can be served as it is: all of it is encoded. H.264 High, 4:2:0, 8 bits, progressive, with a key frame every few seconds is served as it is.`)];
}

function noteSound(facts: Facts): Note[] {
  const dropped: Note[] = facts.droppedAudio === undefined ? [] : [{ code: "audio_dropped", message: `${facts.droppedAudio === 1 ? "A track" : `${facts.droppedAudio} tracks`} of sound could not be decoded and ${facts.droppedAudio === 1 ? "is" : "are"} left out.` }];
  const encoded = facts.audio.filter((audio) => !canRepackageAudio(facts, audio));
  const [first] = encoded;
  return first === undefined ? dropped : [...dropped, nonStandard(`Sound ${describeSound(first)} is encoded again. AAC-LC in stereo is served as it is.`)];
}

function describeSound({ codec, channels }: AudioFacts): string {
  return `as ${codec}${channels > 2 ? ` with ${channels} channels, which become two,` : ""}`;
}
