/** The form of the file that LECTERN_REGIONS names (JSON Schema 2020-12); what no schema can say is in `regions-file.ts`. */
import { STORE_FORM } from "./store-location.ts";

export interface RegionEntry {
  /** As LECTERN_REGION has it. */
  name: string;
  /** `file:<dir>` or `s3://<bucket>`. */
  store: string;
  endpoint?: string;
  awsRegion?: string;
  /** Names of environment variables. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  publicUrl: string;
  place: { latitude: number; longitude: number };
  countries?: string[];
}

export interface RegionsFile {
  regions: RegionEntry[];
  sync?: number | "all";
  syncWaitMs?: number;
  whenAway?: "accept" | "refuse";
  media?: "none" | "standby" | "all";
  darkAfterSec?: number;
  redirect?: boolean;
  geo?: { headers?: string[]; database?: boolean };
}

/** Unknown LECTERN_ names end a node's start, so a secret's name is another. */
const variable = { type: "string", pattern: "^(?!LECTERN_)[A-Za-z_][A-Za-z0-9_]*$" } as const;

const region = {
  type: "object", additionalProperties: false, required: ["name", "store", "publicUrl", "place"],
  properties: {
    name: { type: "string", pattern: "^[a-z0-9][a-z0-9-]{0,31}$" },
    store: { type: "string", pattern: STORE_FORM },
    endpoint: { type: "string", pattern: "^https?://" },
    awsRegion: { type: "string", minLength: 1 },
    credentials: { type: "object", additionalProperties: false, required: ["accessKeyId", "secretAccessKey"], properties: { accessKeyId: variable, secretAccessKey: variable } },
    publicUrl: { type: "string", maxLength: 1_000 },
    place: {
      type: "object", additionalProperties: false, required: ["latitude", "longitude"],
      properties: { latitude: { type: "number", minimum: -90, maximum: 90 }, longitude: { type: "number", minimum: -180, maximum: 180 } },
    },
    countries: { type: "array", items: { type: "string", pattern: "^[A-Z]{2}$" } },
  },
} as const;

export const REGIONS_SCHEMA = {
  type: "object", additionalProperties: false, required: ["regions"],
  properties: {
    regions: { type: "array", minItems: 1, maxItems: 32, items: region },
    sync: { anyOf: [{ type: "integer", minimum: 0 }, { const: "all" }] },
    syncWaitMs: { type: "integer", minimum: 1, maximum: 10_000 },
    whenAway: { enum: ["accept", "refuse"] },
    media: { enum: ["none", "standby", "all"] },
    darkAfterSec: { type: "number", minimum: 1, maximum: 3_600 },
    redirect: { type: "boolean" },
    geo: {
      type: "object", additionalProperties: false,
      properties: { headers: { type: "array", items: { type: "string", pattern: "^[A-Za-z0-9-]{1,64}$" } }, database: { type: "boolean" } },
    },
  },
} as const;
