/** What hls.js must be told of videos under `cbcs`: the browser's own ClearKey decrypts them, with a licence of the server's. */

const CLEAR_KEY = "org.w3.clearkey";
/** Playlists name the key for other players as well, by a format that hls.js would rather take, and then can't use. */
const OTHERS_KEY = /^#EXT-X-KEY:METHOD=SAMPLE-AES,.*KEYFORMAT="identity".*\n/gm;

/** @param rewrite the address to ask instead, as regions go and links end */
export function clearKeyConfig(Hls, licenseUrl, rewrite) {
  return {
    emeEnabled: true,
    drmSystems: { [CLEAR_KEY]: { licenseUrl } },
    licenseXhrSetup: (xhr, url) => xhr.open("POST", rewrite(url), true),
    pLoader: class extends Hls.DefaultConfig.loader {
      #player;

      constructor(player) {
        super(player);
        this.#player = player;
      }

      load(context, config, callbacks) {
        const onSuccess = (response, ...rest) => {
          // Else hls.js asks for a key system under `aes-128` too, and gives up where the browser has none.
          if (context.type === "manifest") this.#player.emeEnabled = response.data.includes(CLEAR_KEY);
          response.data = response.data.replace(OTHERS_KEY, "");
          callbacks.onSuccess(response, ...rest);
        };
        super.load(context, config, { ...callbacks, onSuccess });
      }
    },
  };
}
