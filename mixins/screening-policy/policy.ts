/** What a screening means for each tenant: the policy file's form, its defaults, and what a finding leads to. Pure. */
import { DEFAULT_TENANT } from "../../config/tenants.ts";
import { ROLES, type Role } from "../../config/access/permissions.ts";
import { fileReader } from "../../config/checked-file.ts";
import { FINDING_CODES, SCREENING_VERDICTS, worstVerdict, type Finding, type FindingCode, type JudgedFinding, type ScreeningVerdict } from "../../media/screening/finding.ts";

/** `publish-first`: plays for everybody until it is blocked; `screen-first`: until it has passed, its tenant's keys alone may play it. */
export const SCREENING_MODES = ["off", "publish-first", "screen-first"] as const;
export type ScreeningMode = (typeof SCREENING_MODES)[number];

/** Of a class of the classifier's: from which score on. Absent: never. */
export interface Threshold { review?: number; block?: number }

export interface TenantScreening {
  mode: ScreeningMode;
  outcomes: Readonly<Record<FindingCode, ScreeningVerdict>>;
  classify: boolean;
  /** By the classifier's names, 0 to 1. */
  scores: Readonly<Record<string, Threshold>>;
  /** Whose key decides, among those with the permission. */
  reviewers: readonly Role[];
}

export interface ClassifierChoice {
  /** `nsfwjs`, or the path of a module that default-exports `open` (see `classifier.contract.ts`). */
  name: string;
  /** Where its packages are installed; absent: beside Lectern's own. */
  folder?: string;
  memoryMb: number;
  timeoutSec: number;
}

export interface ScreeningPolicy {
  of(tenant: string): TenantScreening;
  /** Files of hashes. */
  lists: readonly string[];
  /** Undefined: nothing is classified. */
  classifier: ClassifierChoice | undefined;
}

interface TenantEntry { mode?: ScreeningMode; classify?: boolean; outcomes?: Partial<Record<FindingCode, ScreeningVerdict>>; scores?: Record<string, Threshold>; reviewers?: Role[] }
export interface PolicyFile { default?: TenantEntry; tenants?: Record<string, TenantEntry>; lists?: string[]; classifier?: { name: string; folder?: string; memoryMb?: number; timeoutSec?: number } }

/** What is found leads to, unless policy says otherwise. Nothing that a lecture may well be, or that is only likely, is blocked without a person. */
const OUTCOMES: Readonly<Record<FindingCode, ScreeningVerdict>> = {
  listed_bytes: "block", listed_frames: "block", similar_frames: "review", blocked_twin: "block",
  foreign_content: "review", unreferenced_bytes: "review", declared_otherwise: "review",
  flashes: "review", black: "review", frozen: "pass", silent: "pass", empty: "review", loud: "review",
  classified: "review", unscreened: "review",
};
/** nsfwjs' names. */
const SCORES: Readonly<Record<string, Threshold>> = { Porn: { review: 0.7 }, Hentai: { review: 0.8 }, Sexy: { review: 0.9 } };
const REVIEWERS: readonly Role[] = ["operator", "admin"];

const share = { type: "number", minimum: 0, maximum: 1 };
const entry = {
  type: "object", additionalProperties: false,
  properties: {
    mode: { enum: SCREENING_MODES },
    classify: { type: "boolean" },
    outcomes: { type: "object", additionalProperties: false, properties: Object.fromEntries(FINDING_CODES.map((code) => [code, { enum: SCREENING_VERDICTS }])) },
    scores: { type: "object", additionalProperties: { type: "object", additionalProperties: false, properties: { review: share, block: share } } },
    reviewers: { type: "array", minItems: 1, uniqueItems: true, items: { enum: ROLES.filter((role) => REVIEWERS.includes(role)) } },
  },
};
const SCHEMA = {
  type: "object", additionalProperties: false,
  properties: {
    default: entry,
    tenants: { type: "object", propertyNames: { pattern: "^[a-z0-9][a-z0-9-]{0,62}$" }, additionalProperties: entry },
    lists: { type: "array", maxItems: 16, items: { type: "string", minLength: 1 } },
    classifier: {
      type: "object", additionalProperties: false, required: ["name"],
      properties: { name: { type: "string", minLength: 1 }, folder: { type: "string", minLength: 1 }, memoryMb: { type: "integer", minimum: 128, maximum: 8192 }, timeoutSec: { type: "integer", minimum: 1, maximum: 600 } },
    },
  },
};

const read = fileReader<PolicyFile>({ schema: SCHEMA, called: "the file" });

/** @param text YAML, of which JSON is a part @throws FileFaults */
export function parseScreeningPolicy(text: string): ScreeningPolicy {
  return screeningPolicy(read(text, (file) => {
    const classifies = [file.default, ...Object.values(file.tenants ?? {})].some((tenant) => tenant?.classify === true);
    return classifies && file.classifier === undefined ? ["classify: true needs a classifier"] : [];
  }));
}

export function screeningPolicy({ default: usual = {}, tenants = {}, lists = [], classifier }: PolicyFile): ScreeningPolicy {
  const complete = (given: TenantEntry): TenantScreening => {
    const { mode = "publish-first", classify = false, outcomes = {}, scores = {}, reviewers = REVIEWERS } = { ...usual, ...given };
    return { mode, classify: classify && classifier !== undefined, outcomes: { ...OUTCOMES, ...usual.outcomes, ...outcomes }, scores: { ...SCORES, ...usual.scores, ...scores }, reviewers };
  };
  const known = new Map(Object.entries(tenants).map(([name, tenant]) => [name, complete(tenant)]));
  const others = complete({});
  return {
    of: (tenant) => known.get(tenant === "" ? DEFAULT_TENANT : tenant) ?? others,
    lists,
    classifier: classifier === undefined ? undefined : { memoryMb: 512, timeoutSec: 60, ...classifier },
  };
}

/** @returns the findings with what each leads to, the worst first, and the verdict of them all */
export function judgeFindings(findings: readonly Finding[], { outcomes }: Pick<TenantScreening, "outcomes">): { verdict: ScreeningVerdict; findings: JudgedFinding[] } {
  const judged = findings.map((finding): JudgedFinding => ({ ...finding, verdict: finding.verdict ?? outcomes[finding.code] }));
  const rank = ({ verdict }: JudgedFinding): number => SCREENING_VERDICTS.indexOf(verdict);
  return { verdict: worstVerdict(judged.map(({ verdict }) => verdict)), findings: judged.toSorted((a, b) => rank(b) - rank(a)) };
}
