/** Where the gateway is: as told, as the environment says, as the mesh on this machine says, else where it is by default. */
import { loadConfig, type Config } from "../../config/config.ts";
import { findMesh } from "../mesh-file.ts";
import { httpBase } from "../start/addresses.ts";

/** @throws ConfigError */
export function findServer(env: Readonly<NodeJS.ProcessEnv>, told: string | undefined): { server: string; config: Config } {
  const config = loadConfig(env);
  const own = httpBase(config.httpHost, config.httpPort);
  const isSet = (env["LECTERN_HTTP_HOST"] ?? "") !== "" || (env["LECTERN_HTTP_PORT"] ?? "") !== "";
  const server = told ?? (isSet ? own : findMesh(config.dataDir)?.httpUrl ?? own);
  return { server, config };
}
