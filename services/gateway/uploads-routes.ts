/** `/v1/uploads`: a file as the raw body of one request. Its bytes go to `source` as they come and are never held here. */
import type { IncomingMessage } from "node:http";
import { fail } from "../../config/errors.ts";
import type { Upload } from "../source/source.contract.ts";
import { sendJson, type Route } from "./exchange.ts";
import { baseUrl } from "./playback-urls.ts";
import { cutWhenIdle, linger } from "./upload-body.ts";

export function uploadsRoutes(publicUrl: string | undefined): Route[] {
  return [{
    method: "POST", path: "/v1/uploads", operation: "uploadFile", permission: "videos.submit", area: "api",
    async handle({ req, res, call }) {
      try {
        const bytes = parseUploadHead(req);
        cutWhenIdle(req);
        const upload = await call<Upload>("source.receive", bytes === undefined ? {} : { bytes }, { stream: req, timeout: 0, retries: 0 });
        const { uploadId, size, sha256 } = upload;
        sendJson(res, 201, { uploadId, size, sha256 }, { Location: `${baseUrl(req, publicUrl)}/v1/uploads/${uploadId}` });
      } catch (error) {
        linger(req, res);
        throw error;
      }
    },
  }];
}

/** The Content-Length, when there is one. @throws bad_request for what isn't a file's raw bytes */
function parseUploadHead(req: IncomingMessage): number | undefined {
  if (req.headers["tus-resumable"] !== undefined) {
    throw fail("bad_request", "Resumable (tus) uploads begin at /v1/uploads/tus; send the whole file as the body here.");
  }
  if (/^multipart\/|^application\/x-www-form-urlencoded/i.test(req.headers["content-type"] ?? "")) {
    throw fail("bad_request", "Send the file's bytes as the body, not a form.");
  }
  const length = req.headers["content-length"];
  if (length === undefined && req.headers["transfer-encoding"] === undefined) throw fail("upload_empty", "The upload has no bytes.");
  return length === undefined ? undefined : Number(length);
}
