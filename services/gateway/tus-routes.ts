/** `/v1/uploads/tus`: uploads that go on after an interruption, by the tus protocol (1.0, https://tus.io). */
import type { Exchange, Route } from "./exchange.ts";

const PATH = "/v1/uploads/tus";

export function tusRoutes(maxBytes: number): Route[] {
  // Its library is loaded by the first upload: a node that starts has enough to load.
  const handle = async (exchange: Exchange): Promise<void> => {
    const { answerTus } = await import("./tus-answer.ts");
    await answerTus(exchange, PATH, maxBytes);
  };
  const upload = `${PATH}/:uploadId`;
  return [
    { method: "OPTIONS", path: PATH, operation: "describeResumableUploads", permission: "open", area: "api", handle },
    { method: "POST", path: PATH, operation: "beginUpload", permission: "videos.submit", area: "api", handle },
    { method: "OPTIONS", path: upload, operation: "describeResumableUpload", permission: "open", area: "api", handle },
    { method: "HEAD", path: upload, operation: "getUploadOffset", permission: "videos.submit", area: "api", handle },
    { method: "PATCH", path: upload, operation: "appendToUpload", permission: "videos.submit", area: "api", handle },
    { method: "DELETE", path: upload, operation: "abandonUpload", permission: "videos.submit", area: "api", handle },
  ];
}
