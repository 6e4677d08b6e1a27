/** The suite over stores that need no server; a bucket's run is in s3-store.test.ts. */
import { openDirectoryStore } from "../../services/storage/directory-store.ts";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import { encryptStore } from "../../services/storage/encryption/encrypted-store.ts";
import { encryptedUnit, freshRing } from "../support/encrypted-unit.ts";
import { memoryStore } from "../support/memory-store.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { objectStoreSuite } from "./object-store.suite.ts";

const dirs: string[] = [];
after(async () => { await Promise.all(dirs.map(removeDir)); });

objectStoreSuite("memory", async () => memoryStore());

const openDirectory = async (): Promise<ObjectStore> => {
  const dir = await makeTempDir("store");
  dirs.push(dir);
  return await openDirectoryStore(dir);
};

objectStoreSuite("a directory", openDirectory);
objectStoreSuite("an encrypted video in memory", () => encryptedUnit(memoryStore()));
objectStoreSuite("an encrypted video in a directory", async () => encryptedUnit(await openDirectory()));
objectStoreSuite("what is plain beside encrypted videos", async () => encryptStore(memoryStore(), freshRing()));
