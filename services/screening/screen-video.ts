/** The whole screening of one video: what is seen of it, or was seen of its twin, against the block lists and the policy. */
import type { VideoFacts } from "../../media/facts.ts";
import { formatHash, parseHash } from "../../media/screening/frame-hash.ts";
import { MIN_DETAIL, type HashedFrame } from "../../media/screening/hash-match.ts";
import { errorMessage } from "../../config/errors.ts";
import type { Finding } from "../../media/screening/finding.ts";
import { judgeFindings, type ScreeningPolicy, type TenantScreening } from "../../mixins/screening-policy/policy.ts";
import type { Screening, VideoState } from "../videos/videos.contract.ts";
import type { BlockLists, BlockedVideo } from "./block-lists.ts";
import type { Seen } from "./look-at-video.ts";

export interface ScreenOptions {
  tenant: string;
  policy: ScreeningPolicy;
  lists: Pick<BlockLists, "find">;
  /** The video of the same bytes, where there is one. */
  twin: VideoState | undefined;
  /** Of an upload that is finished. */
  sha256: string | undefined;
  look(tenant: TenantScreening): Promise<{ seen: Seen; bytes: number }>;
  now(): Date;
}

/** @throws what `look` throws */
export async function screenVideo({ tenant, policy, lists, twin, sha256, look, now }: ScreenOptions): Promise<Screening> {
  const startedAt = now().getTime();
  const rules = policy.of(tenant);
  const shared = findShared(twin, rules);
  const { seen, bytes } = shared === undefined ? await look(rules) : { seen: shared.seen, bytes: 0 };
  const findings = [...seen.findings, ...(await findListed(lists, tenant, policy.lists, { sha256, print: seen.print, frames: seen.hashes }))];
  if (shared?.blocked === true) findings.push({ code: "blocked_twin", message: "Another video of the same bytes was blocked.", figures: { video: shared.id } });
  return {
    ...judgeFindings(findings, rules),
    at: now().toISOString(),
    hashes: seen.hashes.map(({ at, hash, detail }) => ({ at, hash: formatHash(hash), detail })),
    ...(seen.print === undefined ? {} : { print: seen.print }), ...(sha256 === undefined ? {} : { sha256 }),
    ...(seen.scores === undefined ? {} : { scores: seen.scores }), ...(seen.classifier === undefined ? {} : { classifier: seen.classifier }),
    cost: { seconds: Math.round((now().getTime() - startedAt) / 10) / 100, frames: shared === undefined ? seen.frames : 0, bytes },
    ...(shared === undefined ? {} : { sharedWith: shared.id }),
  };
}

/** A list that cannot be read has not been looked at. */
async function findListed(lists: Pick<BlockLists, "find">, tenant: string, paths: readonly string[], known: Parameters<BlockLists["find"]>[2]): Promise<Finding[]> {
  try {
    return await lists.find(tenant, paths, known);
  } catch (error) {
    if (typeof error === "object" && error !== null && "type" in error) throw error; // the store's, which will be back
    return [{ code: "unscreened", message: `A block list could not be read: ${errorMessage(error)}` }];
  }
}

/** What was seen of the twin counts, but where a look did not come to its end, or did not ask a classifier that is asked now. */
function findShared(twin: VideoState | undefined, { classify }: TenantScreening): { id: string; seen: Seen; blocked: boolean } | undefined {
  const screening = twin?.screening;
  if (twin === undefined || screening === undefined || screening.findings.some(({ code }) => code === "unscreened")) return undefined;
  if (classify && screening.classifier === undefined) return undefined;
  const own = screening.findings.filter(({ code }) => code !== "listed_bytes" && code !== "listed_frames" && code !== "similar_frames" && code !== "blocked_twin");
  return {
    id: twin.record.id,
    blocked: (twin.review?.verdict ?? screening.verdict) === "block",
    seen: {
      findings: own.map(({ verdict, ...finding }): Finding => (finding.code === "classified" ? { ...finding, verdict } : finding)),
      hashes: parseHashes(screening), frames: 0,
      ...(screening.print === undefined ? {} : { print: screening.print }), ...(screening.scores === undefined ? {} : { scores: screening.scores }), ...(screening.classifier === undefined ? {} : { classifier: screening.classifier }),
    },
  };
}

function parseHashes({ hashes }: Screening): HashedFrame[] {
  return hashes.flatMap(({ at, hash, detail }) => {
    const bits = parseHash(hash);
    return bits === undefined ? [] : [{ at, hash: bits, detail }];
  });
}

/** What a block list needs to know a video again. */
export function toBlocked(videoId: string, { sha256, print, hashes }: Screening, at: string): BlockedVideo {
  return {
    videoId, at, ...(sha256 === undefined ? {} : { sha256 }), ...(print === undefined ? {} : { print }),
    frames: hashes.filter(({ detail }) => detail >= MIN_DETAIL).map(({ hash }) => hash),
  };
}

const MAX_EVIDENCE = 8;

/** Frames that a person is to see, in ticks: those of the findings, the worst first; else a few of all. */
export function chooseEvidence({ findings, hashes }: Pick<Screening, "findings" | "hashes">, { end }: Pick<VideoFacts, "end">, originTicks: number): number[] {
  const last = Math.max(0, end - originTicks - 1);
  const shown = findings.flatMap(({ frames = [] }) => frames);
  const step = Math.max(1, Math.floor(hashes.length / 4));
  const times = shown.length > 0 ? shown : hashes.filter((_, n) => n % step === 0).map(({ at }) => at);
  return [...new Set((times.length > 0 ? times : [0]).map((at) => Math.min(at, last)))].slice(0, MAX_EVIDENCE);
}
