/** GStreamer, as a viewer would start it: its player with nothing shown. */
import { execFile } from "node:child_process";

export interface GstPlay { code: number | null; frames: number; sound: boolean; complaints: string }

const LIMIT_MS = 90_000;

/**
 * Plays a URL to its end: how many frames reached the screen, and whether there was sound. At the picture's own speed: as
 * fast as it goes, the picture may be at its end, and the player gone, before the sound has been fetched.
 */
export function playInGstreamer(url: string): Promise<GstPlay> {
  // checksumsink writes a line for each frame; -v tells what reaches the other sink.
  const args = ["-v", "playbin3", `uri=${url}`, "video-sink=checksumsink sync=true", "audio-sink=fakesink name=sound sync=false", "flags=0x3"];
  return new Promise((resolve) => {
    execFile("gst-launch-1.0", args, { timeout: LIMIT_MS, killSignal: "SIGKILL", maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({
        code: error === null ? 0 : typeof error.code === "number" ? error.code : null,
        frames: stdout.match(/^\d+:\d\d:\d\d\.\d+ [0-9a-f]{32,}$/gm)?.length ?? 0, sound: /FakeSink:sound\.GstPad:sink: caps = audio/.test(stdout), complaints: stderr,
      });
    });
  });
}
