/** npm run store: what an operator does with a store's keys. */
import { loadConfig } from "../config/config.ts";
import { rewrapEnvelopes } from "../services/storage/encryption/rewrap-envelopes.ts";
import { rewrapKeys } from "../services/storage/encryption/rewrap-keys.ts";
import { formatStore, openObjectStore } from "../services/storage/open-object-store.ts";
import { complain } from "./complain.ts";
import { StartError } from "./start/start-error.ts";
import { formatRewrap } from "./store/format-rewrap.ts";
import { parseStoreArguments, STORE_USAGE } from "./store/store-arguments.ts";
import { openStoreRing } from "./store/store-ring.ts";

/** @returns whether every key was had */
async function rewrap(check: boolean): Promise<boolean> {
  const config = loadConfig(process.env);
  const ring = await openStoreRing(config);
  if (ring === undefined) throw new StartError("There are no keys: LECTERN_STORE_KEYS says where they are.");
  const locations = config.regions === undefined ? [config.store] : [config.regions.own, ...config.regions.others].map(({ store }) => store);
  let isWhole = true;
  for (const location of locations) {
    const store = await openObjectStore(location);
    try {
      console.log(`${check ? "Looks at" : "Rewraps"} the keys in ${formatStore(location)}; the first key is ${ring.firstId}.`);
      const units = await rewrapKeys({ store, ring, check, onProgress: (done) => { if (done >= 1_000) console.log(`  ${done} …`); } });
      const envelopes = await rewrapEnvelopes({ store, ring, check });
      for (const line of formatRewrap(units, envelopes, { firstId: ring.firstId, check })) console.log(line);
      isWhole &&= [units, envelopes].every(({ failed, locked }) => failed.length === 0 && locked === 0);
    } finally {
      await store.close();
    }
  }
  ring.close();
  return isWhole;
}

const parsed = parseStoreArguments(process.argv.slice(2));
switch (parsed.kind) {
  case "help":
    console.log(STORE_USAGE);
    break;
  case "fault":
    console.error(`${parsed.message}\n\n${STORE_USAGE}`);
    process.exitCode = 2;
    break;
  case "rewrap":
    try {
      process.exitCode = (await rewrap(parsed.check)) ? 0 : 1;
    } catch (error) {
      complain(error);
      process.exitCode = 1;
    }
}
