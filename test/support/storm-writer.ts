/** A process that writes objects without end, to be killed: `storm-writer.ts <dir> <name>`. It says each key it was promised. */
import { openDirectoryStore } from "../../services/storage/directory-store.ts";
import { stormBytes } from "./storm-bytes.ts";

const [dir = "", name = ""] = process.argv.slice(2);
const store = await openDirectoryStore(dir);
for (let i = 0; ; i++) {
  const key = `storm/${name}/${i % 3}/${i}`;
  await store.put(key, stormBytes(key), { ifAbsent: i % 2 === 0 });
  process.stdout.write(`${key}\n`);
}
