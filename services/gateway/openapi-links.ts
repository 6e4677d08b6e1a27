/** The part of the OpenAPI document that is about links to private videos. */
import { USES } from "../../config/access/grants.ts";
import { text, type Problems } from "./openapi-parts.ts";

const uri = { type: "string", format: "uri" };
const uses = { type: "array", minItems: 1, items: { enum: USES }, default: ["play", "images"], description: "`play`: playlists, segments, captions; `images`: stills and previews; `clip`: clips. The video's state comes with each" };
const json = (name: string) => ({ "application/json": { schema: { $ref: `#/components/schemas/${name}` } } });

export const linkSchemas = {
  LinkRequest: {
    type: "object", additionalProperties: false,
    properties: {
      expiresInSec: { type: "integer", minimum: 10, description: "by default four hours; a viewer's link lives for no longer, others' for what the mesh is set to" },
      uses,
      bindAddress: { type: "boolean", default: false, description: "good only in the network of who asks for it: of IPv4 a /24, of IPv6 a /56" },
    },
  },
  Link: {
    type: "object", required: ["linkId", "expiresAt", "expiresInSec", "uses", "playback"],
    properties: {
      linkId: { ...text, description: "by which it can be ended" }, expiresAt: { type: "string", format: "date-time" }, expiresInSec: { type: "integer" }, uses,
      playback: { type: "object", description: "where it leads, as far as it is for that; `~…` in the path is the link, so what is relative to it has it too", properties: { video: uri, hls: uri, dash: uri, page: uri, storyboard: uri, frame: uri, clip: uri } },
    },
  },
};

export function linkPaths<Id extends object>(id: Id, problems: Problems) {
  return {
    "/v1/videos/{id}/links": {
      parameters: [id],
      post: {
        operationId: "createLink", summary: "A link to a private video, for whoever has it, until it expires or is ended",
        requestBody: { required: true, content: json("LinkRequest") },
        responses: { "201": { description: "The link", content: json("Link") }, ...problems("bad_request", "video_not_found", "video_deleted", "conflict", "links_off", "cross_site") },
      },
      delete: { operationId: "revokeLinks", summary: "End all links to a video that were handed out so far", responses: { "204": { description: "Ended: at once, on a node that does not hear of it within ten seconds" }, ...problems("video_not_found") } },
    },
    "/v1/videos/{id}/links/{linkId}": {
      parameters: [id, { name: "linkId", in: "path", required: true, schema: { type: "string", pattern: "^[A-Za-z0-9_-]{12}$" } }],
      delete: { operationId: "revokeLink", summary: "End one link to a video", responses: { "204": { description: "Ended, like all would be" }, ...problems("link_not_found", "video_not_found", "conflict") } },
    },
  };
}
