import { openDirectoryStore } from "../../services/storage/directory-store.ts";
import { openS3Store } from "../../services/storage/s3-store.ts";
import { memoryStore } from "../support/memory-store.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { freshBucket } from "../support/s3.ts";
import { sharedS3 } from "../support/servers.ts";
import { objectStoreSuite } from "./object-store.suite.ts";

const dirs: string[] = [];
after(async () => { await Promise.all(dirs.map(removeDir)); });

objectStoreSuite("memory", async () => memoryStore());

objectStoreSuite("a directory", async () => {
  const dir = await makeTempDir("store");
  dirs.push(dir);
  return await openDirectoryStore(dir);
});

objectStoreSuite("S3", async () => {
  const { endpoint, accessKeyId, secretAccessKey } = await sharedS3();
  return await openS3Store({ bucket: freshBucket(), endpoint, credentials: { accessKeyId, secretAccessKey } });
});
