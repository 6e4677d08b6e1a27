/** The start page: ask for a video by address or file, and watch it right here. */
import { ApiError, deleteVideo, getJson, keepKey, postVideo, takeKey } from "./api.js";
import { hasIndexFirst } from "./index-first.js";
import { openPlayer } from "./player.js";
import { recentVideos } from "./recent-videos.js";
import { uploadFile } from "./resumable-upload.js";

const find = (selector) => document.querySelector(selector);
const [form, url, file, drop, fault, now] = ["#ask", "#url", "#file", "#drop", "#ask-error", "#now"].map(find);
const [uploadBox, uploadName, uploadState, uploadBar, uploadCancel] = ["#upload", "#upload-name", "#upload-state", "#upload-progress", "#upload-cancel"].map(find);
const submit = form.querySelector("button");
const keyForm = find("#key");
const isPrivate = find("#private");
const recent = recentVideos({ list: find("#videos"), none: find("#no-videos"), more: find("#more") });
let player;

takeKey();
addEventListener("hashchange", () => {
  if (takeKey()) location.reload();
});
addEventListener("key-wanted", () => {
  for (const part of [form, drop, find("#visibility")]) part.hidden = true;
  for (const part of [keyForm, find("#key-wanted")]) part.hidden = false;
});
keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(find("#key-text").value.trim());
  location.reload();
});
recent.load();
let knowsVisibility = false;
isPrivate.addEventListener("change", () => { knowsVisibility = true; });
getJson("v1/access").then(({ newVideos, permissions }) => {
  find("#to-ops").hidden = !permissions.includes("mesh.watch");
  if (!knowsVisibility) isPrivate.checked = newVideos === "private";
  knowsVisibility = true;
}, (error) => console.info(error)); // then posts say nothing, and are what the server makes of that

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (url.value.trim() === "") return url.focus();
  ask(async () => showVideo(await postVideo({ url: url.value.trim(), ...visibility() })));
});
file.addEventListener("change", () => takeFile(file.files[0]));
for (const type of ["dragenter", "dragover"]) addEventListener(type, (event) => markDrop(event, true));
for (const type of ["dragleave", "drop"]) addEventListener(type, (event) => markDrop(event, false));
addEventListener("drop", (event) => takeFile(event.dataTransfer?.files[0]));

function visibility() {
  return knowsVisibility ? { visibility: isPrivate.checked ? "private" : "public" } : {};
}

function markDrop(event, over) {
  event.preventDefault(); // else the browser leaves the page to open the file
  drop.classList.toggle("over", over);
}

function takeFile(chosen) {
  if (chosen !== undefined) ask(() => sendFile(chosen));
  file.value = ""; // so that choosing it again is a change
}

/** One whose index comes first plays while the rest is sent, where that takes a while. */
async function sendFile(chosen) {
  uploadBox.hidden = false;
  uploadName.textContent = chosen.name;
  showUploaded(0);
  const said = visibility(); // also of the post at the end
  const post = (uploadId) => postVideo({ uploadId, ...said, title: chosen.name.replace(/\.[^.]{1,5}$/, "").slice(0, 300) || "Upload" });
  const early = await hasIndexFirst(chosen).catch(() => false); // what can't be read is for the upload to find
  let shown; // the video, where it is posted early; nothing when that fails: it is posted again at the end
  const upload = uploadFile(chosen, {
    onProgress: showUploaded, onInterrupted: showInterrupted,
    onSlow(uploadId) {
      if (early) shown = post(uploadId).then(showVideo, () => undefined);
    },
  });
  const cancel = () => upload.cancel();
  uploadCancel.addEventListener("click", cancel);
  try {
    const { uploadId } = await upload.done;
    const video = await post(uploadId);
    if ((await shown)?.id !== video.id) showVideo(video);
  } catch (error) {
    const video = await shown;
    if (video === undefined) throw error;
    if (error.code === "cancelled") return await takeBack(video);
    if (error.code !== "upload_not_found") throw error; // else the video was refused, and the player says why
  } finally {
    uploadCancel.removeEventListener("click", cancel);
    uploadBox.hidden = true;
  }
}

/** Of a file that is not to come. */
async function takeBack({ id }) {
  if (player?.id === id) closePlayer();
  await deleteVideo(id);
  recent.load();
}

function showUploaded(share) {
  uploadBar.value = share;
  uploadState.textContent = share < 1 ? `${Math.floor(share * 100)} %` : "Storing…";
}

function showInterrupted() {
  uploadState.textContent = "Waiting for the connection…";
}

function showVideo(video) {
  player?.close();
  now.hidden = false;
  player = { id: video.id, ...openPlayer(now, video.id, { isPrivate: video.visibility === "private" }) };
  document.body.classList.add("playing");
  now.scrollIntoView({ block: "nearest", behavior: "smooth" });
  recent.load();
  return video;
}

function closePlayer() {
  player.close();
  player = undefined;
  now.hidden = true;
  document.body.classList.remove("playing");
}

/** Does what was asked for, or shows why it can't be done. */
async function ask(work) {
  fault.hidden = true;
  setBusy(true);
  try {
    await work();
    url.value = "";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    fault.hidden = error.code === "cancelled";
    fault.textContent = [error.message, ...error.reasons.map(({ message }) => message)].join(" ");
  } finally {
    setBusy(false);
  }
}

function setBusy(busy) {
  submit.disabled = busy;
  file.disabled = busy;
  form.classList.toggle("busy", busy);
}
