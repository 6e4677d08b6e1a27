/** The list of videos, newest first, a page at a time. */
import { getJson, ROOT } from "./api.js";
import { element } from "./element.js";
import { formatDate, formatDuration, STATUS_WORDS, videoName } from "./format.js";

const PAGE = 12;

export function recentVideos({ list, none, more }) {
  let next;
  more.addEventListener("click", () => show(true));

  async function show(append) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(append && next !== undefined ? { cursor: next } : {}) });
    const page = await getJson(`v1/videos?${query}`).catch((error) => ({ videos: [], error }));
    next = page.next;
    if (!append) list.replaceChildren();
    list.append(...page.videos.map(line));
    more.hidden = next === undefined;
    none.hidden = list.childElementCount > 0;
    none.textContent = page.error === undefined ? "Nothing here yet." : page.error.status === 401 ? "They are shown to those who have a key." : page.error.message;
  }

  return { load: () => show(false) };
}

function line(video) {
  const duration = video.durationSec === undefined ? "" : formatDuration(video.durationSec);
  return element("li", {}, element("a", { href: new URL(`watch/${video.id}`, ROOT) },
    element("span", { class: "glyph", "aria-hidden": "true" }),
    element("span", { class: video.visibility === "private" ? "name ellipsis private" : "name ellipsis", title: video.visibility === "private" ? "Private" : undefined }, videoName(video)),
    element("span", { class: "quiet when" }, [formatDate(video.createdAt), duration].filter((part) => part !== "").join(" · ")),
    element("span", { class: "chip", "data-status": video.status }, STATUS_WORDS[video.status] ?? video.status)));
}
