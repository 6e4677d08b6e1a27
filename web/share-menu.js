/** Makes a link to a private video for others: for how long, and where it is copied from. */
import { getJson, postLink } from "./api.js";
import { choiceMenu } from "./choice-menu.js";
import { element } from "./element.js";
import { formatDate } from "./format.js";

const HOUR_SEC = 3_600;
const LIVES = [{ value: HOUR_SEC, name: "For an hour" }, { value: 4 * HOUR_SEC, name: "For four hours" }, { value: 24 * HOUR_SEC, name: "For a day" }, { value: 168 * HOUR_SEC, name: "For a week" }];
/** Who may not end links hands out none for longer. */
const VIEWER_SEC = 4 * HOUR_SEC;

/** @returns {{ node: HTMLElement, shown: HTMLElement }} the button, and where the link is shown */
export function shareMenu(videoId) {
  const text = element("input", { type: "text", readonly: true, "aria-label": "Link", onfocus: () => text.select() });
  const note = element("span", { class: "quiet", role: "status" });
  const shown = element("div", { class: "shared", hidden: true }, text, note);
  const menu = choiceMenu({ title: "Share", name: "share", onChoose: make });
  menu.show(LIVES.filter(({ value }) => value <= VIEWER_SEC), undefined, "by a link");
  getJson("v1/access").then(({ permissions }) => { if (permissions.includes("links.manage")) menu.show(LIVES, undefined, "by a link"); }, (error) => console.info(error));

  async function make(expiresInSec) {
    shown.hidden = false;
    text.hidden = true;
    note.textContent = "One moment…";
    try {
      const { playback, expiresAt } = await postLink(videoId, { expiresInSec, uses: ["play", "images"] });
      text.value = playback.page;
      text.hidden = false;
      note.textContent = `Whoever has it can watch, until ${formatDate(expiresAt)}.${(await copied(playback.page)) ? " Copied." : ""}`;
    } catch (error) {
      note.textContent = error.message;
    }
  }

  return { node: menu.node, shown };
}

/** There is no clipboard without a secure origin. */
async function copied(link) {
  try {
    await navigator.clipboard.writeText(link);
    return true;
  } catch (error) {
    console.info(error);
    return false;
  }
}
