/** Reads the file that LECTERN_REGIONS names. Every fault is named, with where it is, so that one look mends them all. */
import { readFileSync } from "node:fs";
import { FileFaults, fileReader } from "./checked-file.ts";
import { nearestFirst, type Region, type Regions } from "./regions.ts";
import { REGIONS_SCHEMA, type RegionEntry, type RegionsFile } from "./regions-schema.ts";
import { parseStore, type StoreLocation } from "./store-location.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const read = fileReader<RegionsFile>({ schema: REGIONS_SCHEMA, options: { allowUnionTypes: true }, called: "the file" });

/** @param env has the credentials that the file names @throws FileFaults, and what reading a file throws */
export function readRegions(path: string, ownName: string, env: Environment): Regions {
  return parseRegions(readFileSync(path, "utf8"), ownName, env);
}

/** @param text YAML, of which JSON is a part @throws FileFaults */
export function parseRegions(text: string, ownName: string, env: Environment): Regions {
  const content = read(text, (file) => findFaults(file, ownName, env));
  const all = content.regions.map((entry) => toRegion(entry, env));
  const [own] = all.filter(({ name }) => name === ownName);
  if (own === undefined) throw new FileFaults([`LECTERN_REGION "${ownName}" is none of its regions`]);
  const { sync = Math.min(1, all.length - 1), syncWaitMs = 2_000, whenAway = "accept", media = "standby", darkAfterSec = 10, redirect = false, geo = {} } = content;
  return {
    own, others: nearestFirst(all.filter((region) => region !== own), own.place),
    sync, syncWaitMs, whenAway, media, darkAfterMs: darkAfterSec * 1_000, redirect,
    geoHeaders: (geo.headers ?? []).map((name) => name.toLowerCase()), geoDatabase: geo.database ?? false,
  };
}

function findFaults({ regions, sync = 0 }: RegionsFile, ownName: string, env: Environment): string[] {
  const names = regions.map(({ name }) => name);
  const stores = regions.map(({ store, endpoint }) => `${endpoint ?? ""} ${store}`);
  const countries = regions.flatMap((region) => region.countries ?? []);
  return [
    ...(names.includes(ownName) ? [] : [`LECTERN_REGION "${ownName}" is none of its regions (${names.join(", ")})`]),
    ...repeated(names).map((name) => `"${name}" is there twice`),
    ...repeated(stores).map((store) => `the store ${store.trim()} is named twice; each region has its own`),
    ...repeated(countries).map((country) => `the country ${country} belongs to two regions`),
    ...(typeof sync === "number" && sync >= regions.length ? [`sync: ${sync} asks for more regions than there are besides one's own`] : []),
    ...regions.flatMap(({ name, publicUrl }) => (isHttp(publicUrl) ? [] : [`"${name}": publicUrl must be a URL with http:// or https://`])),
    ...regions.flatMap(({ name, credentials }) => (
      [credentials?.accessKeyId, credentials?.secretAccessKey].filter((variable) => variable !== undefined && (env[variable] ?? "") === "").map((variable) => `"${name}": the environment has no ${variable}`)
    )),
  ];
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol);
}

function toRegion({ name, publicUrl, place, countries = [], ...entry }: RegionEntry, env: Environment): Region {
  return { name, store: toStore(entry, env), publicUrl: publicUrl.replace(/\/+$/, ""), place, countries };
}

function toStore({ store, endpoint, awsRegion, credentials }: Pick<RegionEntry, "store" | "endpoint" | "awsRegion" | "credentials">, env: Environment): StoreLocation {
  const location = parseStore(store, endpoint);
  if (location.kind === "file") return location;
  return {
    ...location,
    ...(awsRegion === undefined ? {} : { awsRegion }),
    ...(credentials === undefined ? {} : { credentials: { accessKeyId: env[credentials.accessKeyId] ?? "", secretAccessKey: env[credentials.secretAccessKey] ?? "" } }),
  };
}
