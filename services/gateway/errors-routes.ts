/** `/v1/errors`: what fails in the mesh, in groups. */
import { fail } from "../../config/errors.ts";
import { CURSOR, ERROR_STATES, ERROR_STEPS, GROUP_ID, LIST_LIMIT, type ErrorIdParams, type ErrorStep, type ErrorView, type ListErrorsParams, type ListErrorsResult } from "../errors/errors.contract.ts";
import { refuseOtherSites } from "./cross-site.ts";
import { sendJson, type Route } from "./exchange.ts";
import { parseQuery } from "./query.ts";
import { parseVideoId } from "./video-id.ts";

const NAME = /^[\w$.-]{1,100}$/;

export function errorsRoutes(): Route[] {
  const steps = Object.keys(ERROR_STEPS).map((step): Route => ({
    method: "POST", path: `/v1/errors/:errorId/${step}`, operation: `${step}Error`, permission: "mesh.operate", area: "operate",
    async handle({ req, res, params, call }) {
      refuseOtherSites(req);
      sendJson(res, 200, await call<ErrorStep>(`errors.${step}`, { id: parseGroupId(params["errorId"]) } satisfies ErrorIdParams));
    },
  }));
  return [
    {
      method: "GET", path: "/v1/errors", operation: "listErrors", permission: "mesh.watch", area: "operate",
      async handle({ req, res, call }) {
        sendJson(res, 200, await call<ListErrorsResult>("errors.list", parseErrorsQuery(req.url ?? "")));
      },
    },
    {
      method: "GET", path: "/v1/errors/:errorId", operation: "getError", permission: "mesh.watch", area: "operate",
      async handle({ res, params, call }) {
        sendJson(res, 200, await call<ErrorView>("errors.get", { id: parseGroupId(params["errorId"]) } satisfies ErrorIdParams));
      },
    },
    ...steps,
  ];
}

/** @throws error_not_found */
function parseGroupId(value = ""): string {
  if (!new RegExp(GROUP_ID).test(value)) throw fail("error_not_found", "There is no such group of errors.");
  return value;
}

/** @throws bad_request */
function parseErrorsQuery(url: string): ListErrorsParams {
  const { state, code, service, video, limit, cursor } = parseQuery(url, ["state", "code", "service", "video", "limit", "cursor"]);
  const given = ERROR_STATES.find((one) => one === state);
  if (state !== undefined && given === undefined) throw fail("bad_request", `state must be one of ${ERROR_STATES.join(", ")}.`);
  for (const [name, value] of Object.entries({ code, service })) if (value !== undefined && !NAME.test(value)) throw fail("bad_request", `${name} must be a name.`);
  if (limit !== undefined && !(/^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= LIST_LIMIT.most)) throw fail("bad_request", `limit must be a whole number from 1 to ${LIST_LIMIT.most}.`);
  if (cursor !== undefined && !new RegExp(CURSOR).test(cursor)) throw fail("bad_request", "cursor is not one that a list gave.");
  return {
    ...(given === undefined ? {} : { state: given }), ...(code === undefined ? {} : { code }), ...(service === undefined ? {} : { service }), ...(video === undefined ? {} : { video: parseVideoId(video) }),
    ...(limit === undefined ? {} : { limit: Number(limit) }), ...(cursor === undefined ? {} : { cursor }),
  };
}
