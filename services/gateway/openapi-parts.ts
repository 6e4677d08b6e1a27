/** What the parts of the OpenAPI document are put together from. */
import type { ErrorCode } from "../../config/errors.ts";

/** The answers of a document's operation by which it is refused. */
export type Problems = (...codes: ErrorCode[]) => Record<string, object>;

export const text = { type: "string" };
/** ISO 8601. */
export const time = { type: "string", format: "date-time" };
export const count = { type: "integer", minimum: 0 };
export const list = (items: object) => ({ type: "array", items });
export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
export const json = (schema: object) => ({ "application/json": { schema } });
