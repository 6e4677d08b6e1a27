/** The page of one video. */
import { openPlayer } from "./player.js";

const id = location.pathname.split("/").findLast((part) => part !== "");
openPlayer(document.querySelector("#now"), id);
