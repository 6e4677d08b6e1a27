/** What the texts of settings may be, by the kind of setting, and what they say. */
import { isIP } from "node:net";
import { parsePrices, PRICE_NAMES } from "./prices.ts";
import { parseRates, RATES } from "./rates.ts";
import { findUnreadable } from "./readable-file.ts";
import type { Setting } from "./settings.ts";
import { isStoreKeysText } from "./store-keys.ts";
import { isStoreText } from "./store-location.ts";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace"] as const;
export type VideoCodec = "h264" | "hevc" | "av1";
export type Protection = "none" | "aes-128" | "cbcs";
export type EncoderKind = "software" | "nvenc" | "qsv" | "vaapi";
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Sandbox = "auto" | "bwrap" | "limits";

/** @param text `name=number`, comma-separated */
export function parseNumbers(text: string | undefined): Record<string, number> {
  return Object.fromEntries(splitList(text).map((pair) => [pair.split("=")[0] ?? "", Number(pair.split("=")[1])]));
}

/** @param value comma-separated; undefined: none */
export function splitList(value: string | undefined): string[] {
  return (value ?? "").split(",").map((part) => part.trim()).filter((part) => part !== "");
}

/** @param text `fewest-most` */
export function parseRange(text: string): { min: number; max: number } {
  const [min = 0, max = 0] = text.split("-").map(Number);
  return { min, max };
}

export function parseSandbox(value: string | undefined): Sandbox {
  return value === "bwrap" || value === "limits" ? value : "auto";
}

export function parseLogLevel(value: string | undefined): LogLevel {
  return LOG_LEVELS.find((level) => level === value) ?? "info";
}

export function parseEncoder(value: string | undefined): EncoderKind {
  return value === "nvenc" || value === "qsv" || value === "vaapi" ? value : "software";
}

export function parseProtection(value: string | undefined): Protection {
  return value === "aes-128" || value === "cbcs" ? value : "none";
}

export function parseCodecs(value: string | undefined): readonly VideoCodec[] {
  const codecs = splitList(value);
  return (["h264", "hevc", "av1"] as const).filter((codec) => codecs.includes(codec));
}

/** What is wrong with the text of a setting, as the end of a sentence that begins with its name; undefined: nothing. */
export function findFault(setting: Setting, value: string): string | undefined {
  const type = setting.type;
  const shown = setting.secret ? "" : ` "${value}"`;
  switch (type.kind) {
    case "string":
    case "list":
      return undefined;
    case "integer": {
      const n = Number(value);
      const good = /^\d+$/.test(value) && n >= type.min && n <= type.max;
      return good ? undefined : `must be a whole number from ${type.min} to ${type.max}, not${shown}`;
    }
    case "choice":
      return type.of.includes(value) ? undefined : `must be one of ${type.of.join(", ")}, not${shown}`;
    case "choices": {
      const given = splitList(value);
      return given.length > 0 && given.every((one) => type.of.includes(one)) ? undefined : `must list one or more of ${type.of.join(", ")}, not${shown}`;
    }
    case "url": {
      const good = (type.list === true ? value.split(",") : [value]).every((part) => !part.includes(",") && URL.canParse(part) && type.schemes.includes(new URL(part).protocol));
      return good ? undefined : `must be a URL with ${type.schemes.map((s) => `${s}//`).join(" or ")}`;
    }
    case "hostPorts": {
      const bad = splitList(value).filter((part) => !/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):\d{1,5}$/i.test(part) || !URL.canParse(`http://${part}`));
      return bad.length === 0 ? undefined : `must list exact host:port pairs, not "${bad.join(", ")}"`;
    }
    case "weights": {
      const bad = splitList(value).filter((pair) => !/^[a-z0-9][a-z0-9-]{0,62}=\d{1,6}(\.\d{1,3})?$/.test(pair) || Number(pair.split("=")[1]) <= 0);
      return bad.length === 0 ? undefined : `must list tenant=weight pairs with weights above 0, not "${bad.join(", ")}"`;
    }
    case "retention": {
      const bad = splitList(value).filter((pair) => !/^(\*|[a-z0-9][a-z0-9-]{0,62})=[1-9]\d{0,4}$/.test(pair));
      return bad.length === 0 ? undefined : `must list tenant=days pairs with days above 0, not "${bad.join(", ")}"`;
    }
    case "secret":
      return value.length >= type.minLength ? undefined : `must be at least ${type.minLength} characters long`;
    case "secrets": {
      const given = splitList(value);
      const good = given.length > 0 && given.length <= type.max && given.every((one) => one.length >= type.minLength);
      return good ? undefined : `must list one to ${type.max} secrets of at least ${type.minLength} characters`;
    }
    case "networks": {
      const bad = splitList(value).filter((one) => !isNetwork(one));
      return bad.length === 0 ? undefined : `must list addresses or CIDR blocks, not "${bad.join(", ")}"`;
    }
    case "origins": {
      const bad = splitList(value).filter((one) => !/^https?:\/\//i.test(one) || !URL.canParse(one) || new URL(one).origin !== one.toLowerCase());
      return bad.length === 0 ? undefined : `must list origins as in https://campus.example, not "${bad.join(", ")}"`;
    }
    case "rates":
      return parseRates(splitList(value)) === undefined ? `must list name=number pairs; the names are ${Object.keys(RATES).join(", ")}` : undefined;
    case "prices":
      return parsePrices(splitList(value)) === undefined ? `must list name=price pairs, each once; the names are ${PRICE_NAMES.join(", ")}, and currency=EUR` : undefined;
    case "sha256":
      return /^[0-9a-f]{64}$/.test(value) ? undefined : "must be 64 hexadecimal digits";
    case "range": {
      const [, fewest, most] = /^(\d{1,6})-(\d{1,6})$/.exec(value) ?? [];
      const good = fewest !== undefined && Number(fewest) <= Number(most) && Number(most) >= 1 && Number(most) <= type.max;
      return good ? undefined : `must be two whole numbers of at most ${type.max}, as in 1-50, not${shown}`;
    }
    case "timeZone":
      return isTimeZone(value) ? undefined : `must be a time zone, as in Europe/Zurich, not${shown}`;
    case "storeKeys":
      return isStoreKeysText(value) ? undefined : `must be file:<path>, env:<NAME> or kms:<key id>, or several, comma-separated, not${shown}`;
    case "file":
      return findUnreadable(value);
    case "store":
      return isStoreText(value) ? undefined : `must be file:<dir> or s3://<bucket>, not${shown}`;
    default:
      return type satisfies never;
  }
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }) instanceof Intl.DateTimeFormat;
  } catch {
    return false; // a RangeError: there is no such zone
  }
}

function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const family = isIP(address);
  return family !== 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)));
}
