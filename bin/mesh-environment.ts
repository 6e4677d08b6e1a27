/** The environment of a process that joins the mesh, found without settings where `npm start` runs on this machine. */
import { loadConfig, type Config } from "../config/config.ts";
import { findMesh, meshSettings } from "./mesh-file.ts";
import { StartError } from "./start/start-error.ts";

/**
 * @param env settings of the terminal, flags laid over them
 * @throws ConfigError; StartError when no mesh is known
 */
export function joinMesh(env: Readonly<NodeJS.ProcessEnv>): { config: Config; env: NodeJS.ProcessEnv } {
  const own = loadConfig(env);
  const mesh = findMesh(own.dataDir);
  const joined = mesh === undefined ? { ...env } : { ...env, ...meshSettings(mesh, env) };
  const config = loadConfig(joined);
  if (config.natsUrl === undefined || config.redisUrl === undefined) {
    throw new StartError(`No mesh runs with the data directory ${own.dataDir}: start one with \`npm start\`, or say with LECTERN_NATS_URL and LECTERN_REDIS_URL where it is.`);
  }
  return { config, env: joined };
}
