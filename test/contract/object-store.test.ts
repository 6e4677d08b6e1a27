/** The suite over stores that need no server; a bucket's run is in s3-store.test.ts. */
import { openDirectoryStore } from "../../services/storage/directory-store.ts";
import { memoryStore } from "../support/memory-store.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { objectStoreSuite } from "./object-store.suite.ts";

const dirs: string[] = [];
after(async () => { await Promise.all(dirs.map(removeDir)); });

objectStoreSuite("memory", async () => memoryStore());

objectStoreSuite("a directory", async () => {
  const dir = await makeTempDir("store");
  dirs.push(dir);
  return await openDirectoryStore(dir);
});
