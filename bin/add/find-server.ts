/** Where the gateway is: as told, as the environment says, as the mesh on this machine says, else where it is by default. And the key for it. */
import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { loadConfig, type Config } from "../../config/config.ts";
import { findMesh } from "../mesh-file.ts";
import { gatewayScheme, httpBase } from "../start/addresses.ts";
import { findAdminKey } from "../start/admin-key.ts";

/** `url`: without a slash at the end. `key`: shown with every request; undefined: none is known. */
export interface Server { url: string; key?: string }

/** The admin key of this machine's mesh is shown to that mesh, and to nobody else. @throws ConfigError */
export function findServer(env: Readonly<NodeJS.ProcessEnv>, told: string | undefined): { server: Server; config: Config } {
  const config = loadConfig(env);
  if (config.tlsCa !== undefined) setDefaultCACertificates([...getCACertificates("default"), readFileSync(config.tlsCa, "utf8")]);
  const own = httpBase(config.httpHost, config.httpPort, gatewayScheme(config));
  const isSet = (env["LECTERN_HTTP_HOST"] ?? "") !== "" || (env["LECTERN_HTTP_PORT"] ?? "") !== "";
  const mesh = findMesh(config.dataDir);
  const url = told ?? (isSet ? own : mesh?.httpUrl ?? own);
  const key = config.key ?? (url === mesh?.httpUrl ? findAdminKey(config.dataDir) : undefined);
  return { server: { url, ...(key === undefined ? {} : { key }) }, config };
}

export function authorization({ key }: Server): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}
