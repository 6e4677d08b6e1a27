/** The menus of sounds and of captions; each is there only when there is something to choose. */
import { choiceMenu } from "./choice-menu.js";

const OFF = -1;

/** @returns {{ nodes: HTMLElement[], follow: (hls: object, Hls: object) => void }} */
export function trackMenus() {
  let hls;
  const sound = choiceMenu({ title: "Sound", name: "sound", onChoose: (track) => { hls.audioTrack = track; } });
  const captions = choiceMenu({
    title: "Captions", name: "captions",
    onChoose(track) {
      hls.subtitleDisplay = track !== OFF;
      hls.subtitleTrack = track;
    },
  });
  sound.node.hidden = true;
  captions.node.hidden = true;

  const named = (tracks) => tracks.map(({ name }, value) => ({ value, name }));

  function drawSound() {
    sound.node.hidden = hls.audioTracks.length < 2;
    sound.show(named(hls.audioTracks), hls.audioTrack, hls.audioTracks[hls.audioTrack]?.name ?? "");
  }

  function drawCaptions() {
    captions.node.hidden = hls.subtitleTracks.length === 0;
    captions.show([{ value: OFF, name: "Off" }, ...named(hls.subtitleTracks)], hls.subtitleTrack, hls.subtitleTracks[hls.subtitleTrack]?.name ?? "Off");
  }

  return {
    nodes: [captions.node, sound.node],
    follow(player, { Events }) {
      hls = player;
      for (const event of [Events.AUDIO_TRACKS_UPDATED, Events.AUDIO_TRACK_SWITCHING, Events.AUDIO_TRACK_SWITCHED]) hls.on(event, drawSound);
      for (const event of [Events.SUBTITLE_TRACKS_UPDATED, Events.SUBTITLE_TRACK_SWITCH]) hls.on(event, drawCaptions);
    },
  };
}
