/** The machine's own Chromium, without its talk to the outside. */
import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const USUAL_PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable", "/snap/bin/chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

/** @throws Error saying what to install */
export async function openChromium(): Promise<Browser> {
  const executablePath = USUAL_PATHS.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error("Chromium is not installed (on Debian: apt-get install chromium); the browser tests need it.");
  return await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--autoplay-policy=no-user-gesture-required"],
  });
}
