/** npm run restore: a region's store made whole, from what is in it or from another's. */
import { loadConfig, type Config } from "../config/config.ts";
import { isStoreText, parseStore, type StoreLocation } from "../config/store-location.ts";
import { checkKeys } from "../services/storage/encryption/check-keys.ts";
import { encryptStore } from "../services/storage/encryption/encrypted-store.ts";
import { formatStore, openObjectStore } from "../services/storage/open-object-store.ts";
import { complain } from "./complain.ts";
import { checkVideos } from "./restore/check-videos.ts";
import { copyRegion } from "./restore/copy-region.ts";
import { openStoreRing } from "./store/store-ring.ts";
import { parseRestoreArguments, RESTORE_USAGE, type RestoreOptions } from "./restore/restore-arguments.ts";
import { StartError } from "./start/start-error.ts";

function findSource({ regions }: Config, { from, endpoint }: RestoreOptions): StoreLocation | undefined {
  if (from === undefined) return undefined;
  if (isStoreText(from)) return parseStore(from, endpoint);
  const region = regions?.others.find(({ name }) => name === from);
  if (region === undefined) throw new StartError(`--from: "${from}" is none of the other regions (${regions?.others.map(({ name }) => name).join(", ") ?? "LECTERN_REGIONS is not set"}), nor a store.`);
  return region.store;
}

/** @returns whether nothing is damaged */
async function restore(options: RestoreOptions): Promise<boolean> {
  const config = loadConfig(process.env);
  const { check } = options;
  const source = findSource(config, options);
  const own = await openObjectStore(config.store);
  const from = source === undefined ? undefined : await openObjectStore(source);
  try {
    const ring = await openStoreRing(config);
    await own.probe();
    await checkKeys(own, ring);
    if (from !== undefined) await checkKeys(from, ring);
    console.log(`${check ? "Looks at" : "Restores"} ${formatStore(config.store)}, region ${config.region}.`);
    const copy = from === undefined ? undefined : await copyRegion(from, own, check);
    if (copy !== undefined && source !== undefined) console.log(`${check ? "Would copy" : "Copied"} ${copy.copied} objects, ${copy.bytes} bytes, from ${formatStore(source)}.`);
    const names = config.regions?.others.map(({ name }) => name) ?? [];
    const { videos, open, elsewhere, incomplete, damaged, leftovers } = await checkVideos({ own: ring === undefined ? own : encryptStore(own, ring), ownName: config.region, isRegion: (name) => names.includes(name), check });
    console.log(`${videos} videos: ${open} unfinished${check ? "" : " and marked, so that this region's nodes go on with them"}, ${elsewhere} unfinished that another region works on.`);
    tell("Finished, but segments are missing, which are made when they are watched", incomplete);
    tell("Deleted, and something was left", leftovers);
    const faults = [...(copy?.damaged ?? []), ...damaged];
    tell("Damaged", faults);
    console.log("Start the region's nodes with an empty Redis: lists and queue are made from the store.");
    return faults.length === 0;
  } finally {
    await from?.close();
    await own.close();
  }
}

function tell(what: string, names: readonly string[]): void {
  if (names.length > 0) console.log(`${what}: ${names.length}\n  ${names.join("\n  ")}`);
}

const parsed = parseRestoreArguments(process.argv.slice(2));
switch (parsed.kind) {
  case "help":
    console.log(RESTORE_USAGE);
    break;
  case "fault":
    console.error(`${parsed.message}\n\n${RESTORE_USAGE}`);
    process.exitCode = 2;
    break;
  case "restore":
    try {
      process.exitCode = (await restore(parsed.options)) ? 0 : 1;
    } catch (error) {
      complain(error);
      process.exitCode = 1;
    }
}
