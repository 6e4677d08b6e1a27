/** API keys at the prompt: who has which, and making, changing and ending them. */
import { ROLES } from "../../config/access/permissions.ts";
import type { CreatedKey, KeyView, ListKeysResult } from "../../services/access/access.contract.ts";
import { formatColumns, plain } from "./columns.ts";
import type { PromptArgument, PromptCommand } from "./prompt-command.ts";

const KEY: PromptArgument = { name: "id", pattern: "^[0-9a-f]{20}$", says: "a key's id, as `keys` shows it" };
const NONE = "–";

export const KEY_COMMANDS: Readonly<Record<string, PromptCommand>> = {
  keys: {
    method: "GET", path: "/v1/keys", action: "access.listKeys", does: "API keys: whose, what for, when last used",
    format(answer) {
      const { keys } = answer as ListKeysResult;
      return keys.length === 0 ? "There is no key but the admin key." : formatColumns(["id", "name", "roles", "tenant", "scopes", "made", "last used", "good until"], keys.map((key) => [
        key.id, key.name, key.roles.join(","), key.tenant ?? "all", key.scopes?.join(",") ?? "all", dayOf(key.createdAt), dayOf(key.lastUsedAt), endOf(key),
      ]));
    },
  },
  "make-key": {
    method: "POST", path: "/v1/keys", action: "access.createKey", does: "Make a key, with no more rights than one's own; it is shown this once",
    argument: { name: "name", pattern: "^[^\\x00-\\x1f\\x7f]{1,100}$", says: "what the key is for" },
    options: { roles: `of ${ROLES.join(", ")}, comma-separated`, tenant: "the only one whose things it may touch", scopes: "nothing but these permissions", expires: "as in 2027-01-31" },
    toBody(name, { roles, tenant, scopes, expires }) {
      if (roles === undefined) throw new Error(`make-key wants --roles, of ${ROLES.join(", ")}.`);
      if (expires !== undefined && Number.isNaN(Date.parse(expires))) throw new Error(`--expires must be a day or a time, as in 2027-01-31, not "${expires}".`);
      return {
        name, roles: listOf(roles), ...(tenant === undefined ? {} : { tenant }), ...(scopes === undefined ? {} : { scopes: listOf(scopes) }),
        ...(expires === undefined ? {} : { expiresAt: new Date(expires).toISOString() }),
      };
    },
    format: created,
  },
  "rotate-key": { argument: KEY, method: "POST", path: "/v1/keys/:id/rotate", action: "access.rotateKey", does: "Another key in the place of one, which is good for another day", format: created },
  "revoke-key": { argument: KEY, method: "DELETE", path: "/v1/keys/:id", action: "access.revokeKey", does: "End a key", format: (answer) => `Key ${shown(answer as KeyView)} is good for nothing any more.` },
};

function created(answer: unknown): string {
  const { key, ...view } = answer as CreatedKey;
  return `Key ${shown(view)} is made. It is shown this once:\n${plain(key)}`;
}

const shown = ({ id, name }: KeyView): string => plain(`${id} (${name})`);
const listOf = (text: string): string[] => text.split(",").map((part) => part.trim()).filter((part) => part !== "");
const dayOf = (time: string | undefined): string => time?.slice(0, 16).replace("T", " ") ?? NONE;
const endOf = ({ revokedAt, expiresAt }: KeyView): string => (revokedAt === undefined ? dayOf(expiresAt) : `revoked ${dayOf(revokedAt)}`);
