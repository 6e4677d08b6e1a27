/** Makes the demo's lecture, once: the file is kept. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { StartError, findSystemCode } from "../start/start-error.ts";
import { lectureArguments, type Abilities } from "./lecture-arguments.ts";

const MAX_MS = 300_000;

/** @returns the file's path. @throws StartError when FFmpeg is missing or can't */
export async function makeLecture(dataDir: string, ffmpeg: string, say: (text: string) => void): Promise<string> {
  const dir = join(dataDir, "demo");
  const path = join(dir, "lecture.mp4");
  if (existsSync(path)) return path;
  mkdirSync(dir, { recursive: true });
  say("Making a lecture of one minute …");
  const draft = join(dir, `lecture-${process.pid}.mp4`);
  try {
    await makeRichest(ffmpeg, draft);
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  return path;
}

/** A filter that is there may still fail (drawtext without any font): then the plainest lecture is made. */
async function makeRichest(ffmpeg: string, output: string): Promise<void> {
  const abilities = await readAbilities(ffmpeg);
  const plain = { drawtext: false, flite: false };
  const attempts = abilities.drawtext || abilities.flite ? [abilities, plain] : [plain];
  let failure: StartError | undefined;
  for (const attempt of attempts) {
    try {
      await runFfmpeg(ffmpeg, lectureArguments(attempt, output));
      return;
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
}

async function readAbilities(ffmpeg: string): Promise<Abilities> {
  const filters = await runFfmpeg(ffmpeg, ["-hide_banner", "-filters"]);
  return { drawtext: / drawtext /.test(filters), flite: / flite /.test(filters) };
}

/** @returns what it printed. @throws StartError with its last line */
function runFfmpeg(ffmpeg: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(ffmpeg, [...args], { timeout: MAX_MS, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (findSystemCode(error) === "ENOENT") reject(new StartError(`The program ${ffmpeg} is missing: install FFmpeg, or name it with LECTERN_FFMPEG.`));
      else reject(new StartError(`FFmpeg could not make the lecture: ${stderr.trim().split("\n").at(-1) ?? error.message}`));
    });
  });
}
