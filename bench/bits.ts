/**
 * bits: what a ladder that is tuned to the content, and cut as it is here, saves at equal SSIM, of the whole picture and
 * of print alone, against the same rungs untuned and in segments of a fixed length.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig } from "../config/config.ts";
import type { Profile } from "../media/content/profile.ts";
import { tuningOf, type Tuning } from "../media/ffmpeg/tuning.ts";
import type { VideoRendition } from "../media/plan.ts";
import { canFeedPackets } from "../media/playable.ts";
import { closeDemuxer, openDemuxer } from "../mixins/demuxer/demuxer.ts";
import { lookAtContent } from "../services/transcoder/content-look.ts";
import { guestSettings, openGuest } from "../mixins/guest.ts";
import { runFfmpeg, warmFfmpeg } from "../mixins/ffmpeg.ts";
import { planFile, type PlannedFile } from "../test/support/plan-file.ts";
import type { Benchmark } from "./benchmark.ts";
import { prepareClips, type Clip } from "./bits/clips.ts";
import { rateAt, type Point } from "./bits/curve.ts";
import { encode } from "./bits/encode.ts";
import { chooseRuns, makeReference, type Reference } from "./bits/reference.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { formatTable } from "./text-table.ts";

/** One line: some encodes of a rung, beside its fixed one. */
interface Row { name: string; fixed: Point; curve: Point[]; used: Point; seconds: number }

/** Around the one that is used, so that equal quality lies between two points. */
const CRFS = [20, 23, 26] as const;
const USED_CRF = 23;

export const bits: Benchmark = {
  name: "bits",
  summary: "bits that the tuned ladder saves at equal SSIM",
  usage: "[--only <words>]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { only: { type: "string", default: "" } } });
    const config = loadConfig(process.env);
    const { dataDir, ffmpegPath } = config;
    await mkdir(join(dataDir, "bench"), { recursive: true });
    const clips = await prepareClips(dataDir, ffmpegPath, console.log);
    const dir = await mkdtemp(join(dataDir, "bench", "bits-"));
    await warmFfmpeg(await openGuest(guestSettings(config), console));
    const rows: Row[] = [];
    try {
      for (const clip of clips) rows.push(...(await measureClip(ffmpegPath, clip, values.only, dir)));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
    console.log(`\n${formatRows(rows)}\n\n${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
  },
};

async function measureClip(ffmpeg: string, clip: Clip, only: string, dir: string): Promise<Row[]> {
  const planned = await planFile(clip.path);
  const { plan } = planned;
  const renditions = plan.video.filter(({ mode, name }) => mode === "encode" && `${clip.name} ${name}`.includes(only));
  if (renditions.length === 0) return [];
  const profile = await findProfile(clip, planned);
  const rows: Row[] = [];
  for (const rendition of renditions) {
    console.log(`${clip.name} (${profile ?? "not known"}) ${rendition.name} …  (${describeLoad()})`);
    const reference = await makeReference(ffmpeg, clip.path, plan, rendition, chooseRuns(plan, clip.seconds, clip.runs), join(dir, "reference.mkv"));
    rows.push(...(await measureRung(ffmpeg, `${clip.name} ${rendition.name}`, profile, rendition, reference, join(dir, "encode.mp4"))));
  }
  return rows;
}

async function findProfile(clip: Clip, { bytes, facts }: PlannedFile): Promise<Profile | undefined> {
  if (!canFeedPackets(facts)) return clip.profile;
  const demuxer = openDemuxer();
  try {
    const source = { key: clip.path, size: bytes.byteLength };
    const startedAt = performance.now();
    const look = await lookAtContent(facts, {
      readPackets: (span) => demuxer.packets(source, async (start, end) => Buffer.from(bytes.subarray(start, end)), span),
      run: (run) => runFfmpeg({ ...run, niceness: 15, signal: new AbortController().signal }),
    });
    const ms = Math.round(performance.now() - startedAt);
    console.log(look.outcome === "profile" ? `${clip.name}: ${look.profile.profile} (${look.profile.reasons.join("; ")}), looked at for ${ms} ms` : `${clip.name}: ${look.message}`);
    return look.outcome === "profile" ? look.profile.profile : undefined;
  } finally {
    await closeDemuxer();
  }
}

async function measureRung(ffmpeg: string, name: string, profile: Profile | undefined, rendition: VideoRendition, reference: Reference, path: string): Promise<Row[]> {
  const peakKbps = Math.round(rendition.bandwidth / 1.25 / 1000);
  const point = (tuning: Tuning, crf: number, boundaries: readonly number[]): Promise<Point> => encode(ffmpeg, reference, { tuning, crf, boundaries, peakKbps }, path);
  const plain = tuningOf(undefined, "background");
  const fixed = await point(plain, USED_CRF, reference.fixed);
  const row = async (what: string, tuning: Tuning, boundaries: readonly number[]): Promise<Row> => {
    const curve: Point[] = [];
    for (const crf of CRFS) curve.push(await point(tuning, crf, boundaries));
    return { name: `${name}, ${what}`, fixed, curve, used: curve[CRFS.indexOf(USED_CRF)] ?? fixed, seconds: reference.seconds };
  };
  const [play, background] = [tuningOf(profile, "play"), tuningOf(profile, "background")];
  const rows = [await row("made in the background", background, reference.boundaries)];
  if (background !== plain) rows.push(await row("the same in fixed segments", background, reference.fixed));
  if (play !== plain) rows.push(await row("made while a viewer waits", play, reference.boundaries));
  return rows;
}

function formatRows(rows: readonly Row[]): string {
  const percent = (part: number): string => (Number.isFinite(part) ? `${Math.round(part * 100)} %` : "–");
  const ssim = (loss: number): string => (Number.isFinite(loss) ? (1 - loss).toFixed(4) : "–");
  return formatTable(
    ["clip, rung, how", "fixed kbps", "tuned kbps", "saved at equal SSIM", "at equal SSIM of print", "SSIM fixed", "as used", "of print fixed", "as used", "as used saves", "× real time a core fixed", "tuned"],
    rows.map(({ name, fixed, curve, used, seconds }) => {
      const [whole, print] = [rateAt(curve, "loss", fixed.loss), rateAt(curve, "printLoss", fixed.printLoss)];
      return [
        name, fixed.kbps.toFixed(0), whole.toFixed(0), percent(1 - whole / fixed.kbps), percent(1 - print / fixed.kbps),
        ssim(fixed.loss), ssim(used.loss), ssim(fixed.printLoss), ssim(used.printLoss), percent(1 - used.kbps / fixed.kbps),
        (seconds / fixed.cpuSec).toFixed(1), (seconds / used.cpuSec).toFixed(1),
      ];
    }),
  );
}
