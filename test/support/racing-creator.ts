/** A process that tries to create objects others try, too: `racing-creator.ts <dir> <name> <count>`. It says how many it got. */
import { openDirectoryStore } from "../../services/storage/directory-store.ts";

const [dir = "", name = "", count = ""] = process.argv.slice(2);
const store = await openDirectoryStore(dir);
const answers = await Promise.all(Array.from({ length: Number(count) }, (_, i) => store.put(`race/${i}`, Buffer.from(name), { ifAbsent: true })));
console.log(answers.filter(({ stored }) => stored).length);
