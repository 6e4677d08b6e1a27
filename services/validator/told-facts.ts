/** Puts together what an index says of a source's frames and what ffprobe says of its streams. Pure. */
import type { AudioFacts, Facts, VideoFacts } from "../../media/facts.ts";

/** Times come from the index, whose reader is `reader`; what the streams are comes from ffprobe wherever the index is silent. */
export function tellFacts(indexed: Facts, probed: Facts, reader: Facts["reader"]): Facts {
  const audio = indexed.audio.flatMap((track) => tellAudio(track, probed.audio.find(({ index }) => index === track.index)) ?? []);
  const dropped = (indexed.droppedAudio ?? 0) + indexed.audio.length - audio.length;
  return {
    size: probed.size, container: probed.container, reader,
    video: tellVideo(indexed.video, probed.video),
    audio, ...(dropped > 0 ? { droppedAudio: dropped } : {}),
    subtitles: probed.subtitles,
    originTicks: indexed.originTicks,
  };
}

/** The picture's size and look are ffprobe's, which has decoded a little of it; a container may say anything. */
function tellVideo(indexed: VideoFacts, probed: VideoFacts): VideoFacts {
  const { width, height, displayWidth, displayHeight, hdr, interlaced, pixelFormat, codec } = probed;
  const bitrate = indexed.gopBytes === undefined ? probed.bitrate : Math.round((indexed.gopBytes.reduce((sum, bytes) => sum + bytes, 0) * 8 * indexed.timescale) / (indexed.end - indexed.start));
  const { rotation, mirrored } = indexed.mirrored ? indexed : probed; // of a mirror ffprobe tells only the turn
  return { ...indexed, codec, width, height, displayWidth, displayHeight, rotation, mirrored, hdr, interlaced, bitrate, ...(pixelFormat === undefined ? {} : { pixelFormat }) };
}

/** None where ffprobe knows no more than the index. */
function tellAudio(indexed: AudioFacts, probed: AudioFacts | undefined): AudioFacts | undefined {
  if (indexed.codec !== "") return { ...indexed, ...(probed?.language === undefined ? {} : { language: probed.language }), ...(probed?.title === undefined ? {} : { title: probed.title }) };
  if (probed === undefined) return undefined;
  const { timescale, start, end } = indexed;
  return { ...probed, timescale, start, end };
}
