/** `/v1/access` and `/v1/keys`: what a key may do, and the keys themselves. */
import { may, PERMISSIONS, type Permission } from "../../../config/access/permissions.ts";
import type { Visibility } from "../../../config/access/watching.ts";
import { fail } from "../../../config/errors.ts";
import type { CreatedKey, CreateKeyParams, KeyView, ListKeysResult } from "../../access/access.contract.ts";
import { refuseOtherSites } from "../cross-site.ts";
import { sendJson, type Route } from "../exchange.ts";
import { readJsonObject } from "../json-body.ts";

const FIELDS = ["name", "roles", "tenant", "scopes", "expiresAt"];

/** @param visibility of a post that does not say */
export function accessRoutes(visibility: Visibility): Route[] {
  return [
    {
      method: "GET", path: "/v1/access", operation: "getAccess", permission: "open", area: "api",
      async handle({ res, caller }) {
        const permissions = Object.keys(PERMISSIONS).filter((permission) => permission !== "inside" && may(caller, permission as Permission));
        sendJson(res, 200, { subject: caller.subject, roles: caller.roles, ...(caller.tenant === undefined ? {} : { tenant: caller.tenant }), permissions, newVideos: visibility });
      },
    },
    {
      method: "GET", path: "/v1/keys", operation: "listKeys", permission: "keys.manage", area: "api",
      async handle({ res, call }) {
        sendJson(res, 200, await call<ListKeysResult>("access.listKeys"));
      },
    },
    {
      method: "POST", path: "/v1/keys", operation: "createKey", permission: "keys.manage", area: "api",
      async handle({ req, res, call }) {
        refuseOtherSites(req);
        const body = await readJsonObject(req);
        const unknown = Object.keys(body).filter((name) => !FIELDS.includes(name));
        if (unknown.length > 0) throw fail("bad_request", `There is no field ${unknown.join(", ").slice(0, 100)}; there are ${FIELDS.join(", ")}.`);
        sendJson(res, 201, await call<CreatedKey>("access.createKey", body as Partial<CreateKeyParams>));
      },
    },
    {
      method: "POST", path: "/v1/keys/:keyId/rotate", operation: "rotateKey", permission: "keys.manage", area: "api",
      async handle({ req, res, params, call }) {
        refuseOtherSites(req);
        sendJson(res, 201, await call<CreatedKey>("access.rotateKey", { id: parseKeyId(params["keyId"]) }));
      },
    },
    {
      method: "DELETE", path: "/v1/keys/:keyId", operation: "revokeKey", permission: "keys.manage", area: "api",
      async handle({ res, params, call }) {
        sendJson(res, 200, await call<KeyView>("access.revokeKey", { id: parseKeyId(params["keyId"]) }));
      },
    },
  ];
}

/** @throws key_not_found */
function parseKeyId(value = ""): string {
  if (!/^[0-9a-f]{20}$/.test(value)) throw fail("key_not_found", "There is no such key.");
  return value;
}
