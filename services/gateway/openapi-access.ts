/** The part of the OpenAPI document that is about keys, and what each operation asks for. */
import { may, ANONYMOUS, PERMISSIONS, ROLES, type Permission } from "../../config/access/permissions.ts";
import { json, list, ref, text, type Problems } from "./openapi-parts.ts";

interface Operation { operationId: string; responses: Record<string, object> }

const keyId = { name: "keyId", in: "path", required: true, schema: { type: "string", pattern: "^[0-9a-f]{20}$" } };
const asked = { name: { type: "string", maxLength: 100 }, roles: list({ enum: ROLES }), tenant: { ...text, description: "the only one whose things it may touch; absent: that of the key that makes it" }, scopes: list({ enum: Object.keys(PERMISSIONS) }), expiresAt: { type: "string", format: "date-time" } };

export const accessSchemas = {
  Access: { type: "object", required: ["subject", "roles", "permissions"], properties: { subject: text, roles: list({ enum: ROLES }), tenant: text, permissions: list(text), newVideos: { enum: ["public", "private"], description: "what a video is that is posted without saying" } } },
  KeyRequest: { type: "object", additionalProperties: false, required: ["name", "roles"], properties: asked },
  Key: { type: "object", required: ["id", "name", "roles", "createdAt"], properties: { id: text, ...asked, createdAt: { type: "string", format: "date-time" }, createdBy: text, revokedAt: { type: "string", format: "date-time" }, lastUsedAt: { type: "string", format: "date-time" } } },
  CreatedKey: { allOf: [ref("Key"), { type: "object", required: ["key"], properties: { key: { ...text, description: "the key itself, shown this once" } } }] },
};

export const securitySchemes = { apiKey: { type: "http", scheme: "bearer", description: "An API key, `lectern_…`" } };

export function accessPaths(problems: Problems) {
  return {
    "/v1/access": { get: { operationId: "getAccess", summary: "What the key that is shown may do", responses: { "200": { description: "Its roles and permissions", content: json(ref("Access")) } } } },
    "/v1/keys": {
      get: { operationId: "listKeys", summary: "API keys, newest first", responses: { "200": { description: "All that the key may manage", content: json({ type: "object", properties: { keys: list(ref("Key")) } }) } } },
      post: {
        operationId: "createKey", summary: "Make an API key, with no more rights than one's own", requestBody: { required: true, content: json(ref("KeyRequest")) },
        responses: { "201": { description: "The key, shown this once", content: json(ref("CreatedKey")) }, ...problems("bad_request", "cross_site") },
      },
    },
    "/v1/keys/{keyId}": { parameters: [keyId], delete: { operationId: "revokeKey", summary: "End a key: from now on it is refused, where word of it is lost within ten seconds", responses: { "200": { description: "Ended", content: json(ref("Key")) }, ...problems("key_not_found") } } },
    "/v1/keys/{keyId}/rotate": { parameters: [keyId], post: { operationId: "rotateKey", summary: "Another key with the same rights; the one before is good for another day", responses: { "201": { description: "The new key, shown this once", content: json(ref("CreatedKey")) }, ...problems("key_not_found", "conflict", "cross_site") } } },
  };
}

/** @param permissions by operation; says with each what it asks for, and how it refuses whoever may not, or asks too often */
export function withSecurity<Paths extends object>(paths: Paths, permissions: Readonly<Record<string, Permission>>, problems: Problems): Paths {
  const secure = (operation: Operation): Operation => {
    const permission = permissions[operation.operationId];
    const responses = { ...operation.responses, ...("429" in operation.responses ? {} : problems("rate_limited")) };
    if (permission === undefined || may(ANONYMOUS, permission)) return { ...operation, responses };
    return { ...operation, security: [{ apiKey: [] }], "x-permission": permission, responses: { ...responses, ...problems("unauthorized"), ...("403" in responses ? {} : problems("forbidden")) } } as Operation;
  };
  const secured = Object.entries(paths).map(([path, item]) => [path, Object.fromEntries(Object.entries(item as object).map(([name, value]: [string, unknown]) => [name, isOperation(value) ? secure(value) : value]))]);
  return Object.fromEntries(secured) as Paths;
}

function isOperation(value: unknown): value is Operation {
  return typeof value === "object" && value !== null && "operationId" in value;
}
