/** Answers a tus request by `@tus/server`, which knows the protocol; what it decides comes back as a web Response, of which errors become our problems. */
import { Server } from "@tus/server";
import { fail, type ErrorCode } from "../../config/errors.ts";
import { newId } from "../../config/new-id.ts";
import { CHECKSUM_ALGORITHMS } from "../source/source.contract.ts";
import { sendEmpty, type Exchange } from "./exchange.ts";
import { TusStore } from "./tus-store.ts";
import { linger } from "./upload-body.ts";

const TUS_VERSION = "1.0.0";
/** What the library may see of a request. */
const READ = ["tus-resumable", "upload-length", "upload-defer-length", "upload-offset", "upload-metadata", "upload-concat", "content-type", "content-length"];
/** None: a part of an upload is created once, so the store itself decides between two requests, on whichever nodes. */
const NO_LOCKER = { newLock: () => ({ lock: async () => undefined, unlock: async () => undefined }) };
const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "bad_request", 403: "bad_request", 404: "upload_not_found", 409: "upload_conflict", 410: "upload_expired", 412: "tus_unsupported", 413: "source_too_large", 501: "bad_request",
};

/** @param path of all uploads */
export async function answerTus(exchange: Exchange, path: string, maxBytes: number): Promise<void> {
  const { req, res, params } = exchange;
  const { method = "" } = req;
  let cause: unknown;
  const server = new Server({
    path, maxSize: maxBytes, locker: NO_LOCKER,
    datastore: new TusStore(exchange), // of this request, hence a server of this request
    namingFunction: () => newId(),
    generateUrl: (_request, { id }) => `tus/${id}`, // relative: the client comes back the way it came, through whatever proxy
    getFileIdFromRequest: (_request, last) => (last !== undefined && /^[0-9a-z]{26}$/.test(last) ? last : undefined),
    onResponseError(_request, error) {
      cause = error;
      return undefined;
    },
  });
  try {
    const headers = READ.flatMap((name): [string, string][] => (req.headers[name] === undefined ? [] : [[name, String(req.headers[name])]]));
    const decided = await server.handleWeb(new Request(`http://lectern${path}/${params["uploadId"] ?? ""}`, { method, headers }));
    // Not its CORS headers, which would let any site's page upload here.
    for (const [name, value] of decided.headers) if (!/^(content|access-control)-/.test(name)) res.setHeader(name, value);
    if (method === "OPTIONS") res.setHeader("Tus-Checksum-Algorithm", CHECKSUM_ALGORITHMS.join(","));
    if (decided.status < 400) return sendEmpty(res, decided.status);
    if (cause instanceof Error) throw cause;
    throw await refusal(exchange, decided);
  } catch (error) {
    linger(req, res);
    throw error;
  }
}

/** What the library has refused by itself. */
async function refusal({ req, res }: Exchange, decided: Response): Promise<Error> {
  const detail = (await decided.text()).trim();
  if (req.headers["tus-resumable"] === TUS_VERSION) return fail(CODES[decided.status] ?? "bad_request", detail);
  res.setHeader("Tus-Version", TUS_VERSION);
  return fail("tus_unsupported", `Tus-Resumable must be ${TUS_VERSION}.`);
}
