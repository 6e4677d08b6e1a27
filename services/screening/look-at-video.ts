/** All looks at one video, each by itself: one that fails is a finding, for what nobody saw has not passed. */
import { errorMessage, findErrorCode, type ErrorCode } from "../../config/errors.ts";
import { findDeclared } from "../../media/screening/declared.ts";
import type { Finding } from "../../media/screening/finding.ts";
import type { HashedFrame } from "../../media/screening/hash-match.ts";
import { judgeLevels } from "../../media/screening/sound-levels.ts";
import type { ClassifierChoice, Threshold } from "../../mixins/screening-policy/policy.ts";
import { CLASSIFIED_SIDE } from "../../media/ffmpeg/screening-arguments.ts";
import { runClassifier } from "./classifier/run-classifier.ts";
import { judgeScores } from "./judge-scores.ts";
import { listen } from "./listen.ts";
import { lookAtBytes, takePrint } from "./look-at-bytes.ts";
import { lookAtPictures, type ColourPicture } from "./look-at-pictures.ts";
import type { Screened } from "./open-screened.ts";

export interface LookOptions {
  /** What was said of the source. */
  name?: string;
  contentType?: string;
  /** Absent: nothing is classified. */
  classifier?: { choice: ClassifierChoice; scores: Readonly<Record<string, Threshold>> };
}

export interface Seen {
  findings: Finding[];
  hashes: readonly HashedFrame[];
  print?: string;
  scores?: Record<string, number>;
  classifier?: { name: string; version: string };
  frames: number;
}

/** What the source itself is to blame for, so that another look would end no better. Anything else is the mesh's fault, or passes. */
const FINAL: readonly ErrorCode[] = ["encode_failed", "encode_stalled", "not_media", "source_changed", "source_refused", "source_too_large", "upload_incomplete", "upload_not_found", "upload_expired"];

/** @throws what another look may not end with: a fault of the mesh, a source that is away, the end of the screening */
export async function lookAtVideo(screened: Screened, { name, contentType, classifier }: LookOptions): Promise<Seen> {
  const { facts } = screened.plan;
  const findings: Finding[] = [];
  const look = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      screened.signal.throwIfAborted();
      const cause = screened.failure() ?? error;
      const code = findErrorCode(cause);
      if (code === undefined || !FINAL.includes(code)) throw cause;
      findings.push({ code: "unscreened", message: `${what} could not be screened: ${errorMessage(cause)}` });
      return undefined;
    }
  };
  const print = await look("The file", () => takePrint(screened.read, facts.size));
  findings.push(...((await look("The file", () => lookAtBytes(screened.read, facts.size, facts.container))) ?? []));
  const pictures = await look("The picture", () => lookAtPictures(screened, classifier !== undefined));
  const watched = pictures?.watch.findings() ?? [];
  const heard = judgeLevels((await look("The sound", () => listen(screened))) ?? []);
  findings.push(...watched, ...heard);
  const isStill = watched.some(({ code }) => code === "black" || code === "frozen");
  if (isStill && (facts.audio.length === 0 || heard.some(({ code }) => code === "silent"))) findings.push({ code: "empty", message: "Nothing moves, and nothing is heard." });
  const declared = findDeclared({ ...(name === undefined ? {} : { name }), ...(contentType === undefined ? {} : { contentType }) });
  if (declared !== undefined) findings.push({ code: "declared_otherwise", message: `The file is a video and has ${declared}.`, figures: { declared } });
  const classified = classifier === undefined || pictures === undefined ? undefined : await classify(pictures.pictures, classifier, screened.signal);
  findings.push(...(classified?.findings ?? []));
  return {
    findings, hashes: pictures?.watch.hashes() ?? [], frames: pictures?.watch.frames() ?? 0,
    ...(print === undefined ? {} : { print }), ...(classified?.scores === undefined ? {} : { scores: classified.scores }), ...(classified?.classifier === undefined ? {} : { classifier: classified.classifier }),
  };
}

async function classify(pictures: readonly ColourPicture[], { choice, scores: thresholds }: NonNullable<LookOptions["classifier"]>, signal: AbortSignal): Promise<{ findings: Finding[] } & Partial<Pick<Seen, "scores" | "classifier">>> {
  const result = await runClassifier(choice, pictures.map(({ pixels }) => ({ side: CLASSIFIED_SIDE, pixels })), signal);
  signal.throwIfAborted();
  if (result.outcome === "failed") return { findings: [{ code: "unscreened", message: `The picture could not be classified. ${result.message}` }] };
  const { name, version, scores } = result;
  return { ...judgeScores(scores.map((of, n) => ({ at: pictures[n]?.at ?? 0, scores: of })), thresholds), classifier: { name, version } };
}
