/** npm run node: one more node for a mesh that runs. */
import { keepCompiledCode } from "./compiled-code.ts";

keepCompiledCode(process.env);
await import("./node/node-command.ts");
