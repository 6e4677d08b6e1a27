/** `/v1/timetable`: when lectures begin, so that their beginnings are there before the bell. */
import type { PutTimetableParams, TimetableAnswer, TimetableParams } from "../forecast/forecast.contract.ts";
import { fail } from "../../config/errors.ts";
import { sendJson, type Route } from "./exchange.ts";
import { readJsonOfAnyType } from "./json-body.ts";
import { parseQuery } from "./query.ts";

const MAX_BYTES = 256 * 1024;

export function timetableRoutes(): Route[] {
  const tenantIn = (url: string | undefined): TimetableParams => {
    const { tenant } = parseQuery(url ?? "", ["tenant"]);
    return tenant === undefined ? {} : { tenant };
  };
  return [
    {
      method: "GET", path: "/v1/timetable", operation: "getTimetable", permission: "videos.list", area: "api",
      async handle({ req, res, call }) {
        sendJson(res, 200, await call<TimetableAnswer>("forecast.timetable", tenantIn(req.url)));
      },
    },
    {
      method: "PUT", path: "/v1/timetable", operation: "putTimetable", permission: "timetable.write", area: "api",
      async handle({ req, res, call }) {
        const tenant = tenantIn(req.url);
        const { entries, ...others } = await readJsonOfAnyType(req, MAX_BYTES);
        if (Object.keys(others).length > 0) throw fail("bad_request", "The body has a field that there is not; there is entries.");
        sendJson(res, 200, await call<TimetableAnswer>("forecast.putTimetable", { ...tenant, entries } satisfies PutTimetableParams));
      },
    },
  ];
}
