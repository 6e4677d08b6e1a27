/** Repackages a generated source as the transcoder does: packets from mediabunny, cut at key frames, into CMAF. */
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input, type InputTrack } from "mediabunny";
import { writeFragment } from "../../media/cmaf/fragment.ts";
import { writeInit, type InitTrack } from "../../media/cmaf/init.ts";
import { reorderDelay, toAudioSamples, toSamples, type Packet } from "../../media/cmaf/samples.ts";

export interface Repackaged { init: Buffer; segments: Buffer[]; packets: number; timescale: number; codecString: string }

const VIDEO_CODECS = { avc: "h264", hevc: "hevc", vp9: "vp9", av1: "av1" } as const;
const AUDIO_CODECS = { aac: "aac", opus: "opus", flac: "flac" } as const;

export async function repackage(file: string, kind: "video" | "audio"): Promise<Repackaged> {
  using input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(file) });
  const track = kind === "video" ? await input.getPrimaryVideoTrack() : await input.getPrimaryAudioTrack();
  if (!track) throw new Error(`${file} has no ${kind} track`);
  const timescale = await track.getTimeResolution();
  const config = await track.getDecoderConfig();
  const description = config?.description;
  const configuration = description === undefined ? {} : { configuration: new Uint8Array(description as Uint8Array) };
  const codecString = config?.codec ?? "";
  const packets = await readPackets(track, timescale);
  const segments: Buffer[] = [];
  const init = await describe();
  const result = { init: writeInit(init), segments, packets: packets.length, timescale, codecString };

  if (kind === "audio") {
    for (let at = 0; at < packets.length; at += 50) {
      const { baseDecodeTime, samples, data } = toAudioSamples(packets.slice(at, at + 50));
      segments.push(writeFragment({ sequence: segments.length + 1, trackId: 1, baseDecodeTime, samples, data }));
    }
    return result;
  }
  const starts = packets.flatMap((packet, index) => packet.isKey ? [index] : []);
  starts.forEach((from, index) => {
    const to = starts[index + 1] ?? packets.length;
    const last = packets.reduce((latest, packet) => packet.pts > latest.pts ? packet : latest);
    const end = packets[to]?.pts ?? last.pts + (last.duration ?? 1);
    const { baseDecodeTime, samples, data } = toSamples(packets.slice(from, to), end, init.editStart ?? 0);
    segments.push(writeFragment({ sequence: index + 1, trackId: 1, baseDecodeTime, samples, data }));
  });
  return result;

  async function describe(): Promise<InitTrack> {
    if (track?.isAudioTrack()) {
      const codec = AUDIO_CODECS[track.codec as keyof typeof AUDIO_CODECS];
      return { kind: "audio", codec, timescale, sampleRate: await track.getSampleRate(), channels: await track.getNumberOfChannels(), ...configuration };
    }
    if (!track?.isVideoTrack()) throw new Error("neither audio nor video");
    const stats = await track.computePacketStats();
    return {
      kind: "video", codec: VIDEO_CODECS[track.codec as keyof typeof VIDEO_CODECS], codecString, timescale, ...configuration,
      width: await track.getCodedWidth(), height: await track.getCodedHeight(), displayWidth: await track.getDisplayWidth(), displayHeight: await track.getDisplayHeight(),
      rotation: await track.getRotation(),
      editStart: reorderDelay({ num: Math.round(stats.averagePacketRate), den: 1 }, timescale),
    };
  }
}

/** Moved so that the first is at 0: priming that the source's edit list cut off would otherwise be before the timeline. */
async function readPackets(track: InputTrack, timescale: number): Promise<Packet[]> {
  const packets: Packet[] = [];
  for await (const { timestamp, duration, type, data } of new EncodedPacketSink(track).packets()) {
    packets.push({ pts: Math.round(timestamp * timescale), duration: Math.max(1, Math.round(duration * timescale)), isKey: type === "key", data });
  }
  const first = Math.min(...packets.map((packet) => packet.pts));
  return packets.map((packet) => ({ ...packet, pts: packet.pts - first }));
}
