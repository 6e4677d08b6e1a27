/** The page of one video. Who came by a link has its token in the path, before the video's id. */
import { getJson, hasKey } from "./api.js";
import { openPlayer } from "./player.js";

const [id, link = ""] = location.pathname.split("/").filter((part) => part !== "").toReversed();
const token = link.startsWith("~") ? link.slice(1) : undefined;
/** Only a key can tell. */
const isPrivate = token === undefined && hasKey() && (await getJson(`v1/videos/${id}`).catch(() => ({}))).visibility === "private";
openPlayer(document.querySelector("#now"), id, { token, isPrivate });
