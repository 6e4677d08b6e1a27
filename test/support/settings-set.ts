/** What a deployment sets, held against what there is. */
import { loadConfig } from "../../config/config.ts";
import { SETTINGS } from "../../config/settings.ts";

const KINDS: ReadonlyMap<string, string> = new Map(Object.values(SETTINGS).map(({ env, type }) => [env, type.kind]));

export const isSetting = (name: string): boolean => KINDS.has(name);

/** What a node would say of these at its start; files are not looked for, since they are another machine's. Undefined: it would start. */
export function settingsFault(environment: Readonly<Record<string, string>>): string | undefined {
  try {
    loadConfig(Object.fromEntries(Object.entries(environment).filter(([name]) => KINDS.get(name) !== "file" && name !== "LECTERN_REGIONS")));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
