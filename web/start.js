/** The start page: ask for a video by address or file, and watch it right here. */
import { ApiError, postVideo } from "./api.js";
import { openPlayer } from "./player.js";
import { recentVideos } from "./recent-videos.js";
import { uploadFile } from "./resumable-upload.js";

const find = (selector) => document.querySelector(selector);
const [form, url, file, drop, fault, now] = ["#ask", "#url", "#file", "#drop", "#ask-error", "#now"].map(find);
const [uploadBox, uploadName, uploadState, uploadBar, uploadCancel] = ["#upload", "#upload-name", "#upload-state", "#upload-progress", "#upload-cancel"].map(find);
const submit = form.querySelector("button");
const recent = recentVideos({ list: find("#videos"), none: find("#no-videos"), more: find("#more") });
let player;

recent.load();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (url.value.trim() === "") return url.focus();
  ask(() => postVideo({ url: url.value.trim() }));
});
file.addEventListener("change", () => takeFile(file.files[0]));
for (const type of ["dragenter", "dragover"]) addEventListener(type, (event) => markDrop(event, true));
for (const type of ["dragleave", "drop"]) addEventListener(type, (event) => markDrop(event, false));
addEventListener("drop", (event) => takeFile(event.dataTransfer?.files[0]));

function markDrop(event, over) {
  event.preventDefault(); // else the browser leaves the page to open the file
  drop.classList.toggle("over", over);
}

function takeFile(chosen) {
  if (chosen !== undefined) ask(() => sendFile(chosen));
  file.value = ""; // so that choosing it again is a change
}

async function sendFile(chosen) {
  uploadBox.hidden = false;
  uploadName.textContent = chosen.name;
  showUploaded(0);
  const upload = uploadFile(chosen, { onProgress: showUploaded, onInterrupted: showInterrupted });
  const cancel = () => upload.cancel();
  uploadCancel.addEventListener("click", cancel);
  try {
    const { uploadId } = await upload.done;
    return await postVideo({ uploadId, title: chosen.name.replace(/\.[^.]{1,5}$/, "").slice(0, 300) || "Upload" });
  } finally {
    uploadCancel.removeEventListener("click", cancel);
    uploadBox.hidden = true;
  }
}

function showUploaded(share) {
  uploadBar.value = share;
  uploadState.textContent = share < 1 ? `${Math.floor(share * 100)} %` : "Storing…";
}

function showInterrupted() {
  uploadState.textContent = "Waiting for the connection…";
}

/** Shows the video that `request` gives, or why there is none. */
async function ask(request) {
  fault.hidden = true;
  setBusy(true);
  try {
    const video = await request();
    player?.close();
    now.hidden = false;
    player = openPlayer(now, video.id);
    document.body.classList.add("playing");
    now.scrollIntoView({ block: "nearest", behavior: "smooth" });
    url.value = "";
    recent.load();
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
