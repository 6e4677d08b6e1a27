/** FFmpeg's arguments for the demo's lecture: drawn slides, a presenter who moves, a voice. */
import { SLIDES, SLIDE_SEC, type Slide } from "./slides.ts";

/** What this FFmpeg can do; without it the slides have bars for words, and the voice hums. */
export interface Abilities { readonly drawtext: boolean; readonly flite: boolean }

const FPS = 30;
const SIZE = "1280x720";
const PAPER = "0xf7f5ef";
const INK = "0x1f2933";
const ACCENT = "0x2f6f8f";

export function lectureArguments(abilities: Abilities, output: string): readonly string[] {
  return [
    "-hide_banner", "-nostdin", "-v", "error", "-y",
    "-filter_complex", [...picture(abilities.drawtext), ...sound(abilities.flite)].join(";"),
    "-map", "[v]", "-map", "[a]",
    "-t", String(SLIDES.length * SLIDE_SEC),
    "-c:v", "libx264", "-preset", "superfast", "-crf", "23", "-pix_fmt", "yuv420p", "-profile:v", "high",
    "-g", String(2 * FPS), "-keyint_min", String(2 * FPS), "-sc_threshold", "0", // a key frame every 2 s
    "-c:a", "aac", "-b:a", "96k", "-ar", "48000", "-ac", "2",
    "-movflags", "+faststart", "-f", "mp4", output,
  ];
}

function picture(words: boolean): string[] {
  const slides = SLIDES.flatMap((slide, index) => drawSlide(slide, index, words));
  const clock = words ? [`drawtext=text='%{pts\\:hms}':x=60:y=668:fontsize=22:fontcolor=${INK}@0.6`] : [];
  const head = "if(lte(hypot((X-45)/45,(Y-55)/55),1),255,0)";
  const body = "if(lte(hypot((X-110)/110,(Y-90)/90),1),255,0)";
  return [
    // slides change by the second: drawn twice a second, then repeated
    `color=c=${PAPER}:s=${SIZE}:r=2,drawbox=x=0:y=0:w=1280:h=12:color=${ACCENT}:t=fill,${[...slides, ...clock].join(",")},fps=${FPS}[slides]`,
    `color=c=0x31465b:s=280x210:r=${FPS}[room]`,
    // still pictures: drawn once, then repeated
    `${still(`color=c=0x24506a:s=220x180:r=${FPS}`, body)}[body]`,
    `${still(`color=c=0xd9a066:s=90x110:r=${FPS}`, head)}[face]`,
    // the mouth: a bar that opens and closes
    "[face]drawbox=x=33:y=80:w=24:h=4:color=0x7a3b2e:t=fill,drawbox=x=33:y=76:w=24:h=12:color=0x7a3b2e:t=fill:enable='lt(mod(t,0.36),0.16)'[head]",
    "[room][body]overlay=x='30+6*sin(2*PI*t/5)':y=130[half]",
    "[half][head]overlay=x='95+12*sin(2*PI*t/5)':y='38+5*sin(2*PI*t/1.7)'[presenter]",
    "[slides][presenter]overlay=x=960:y=470,format=yuv420p[v]",
  ];
}

/** One frame of `source` with the alpha `shape`, for ever. */
function still(source: string, shape: string): string {
  return `${source},trim=end_frame=1,format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='${shape}',loop=loop=-1:size=1,setpts=N/${FPS}/TB`;
}

function drawSlide(slide: Slide, index: number, words: boolean): string[] {
  const start = index * SLIDE_SEC;
  const during = (from: number): string => `enable='between(t,${start + from},${start + SLIDE_SEC - 0.001})'`;
  if (!words) {
    return [
      `drawbox=x=60:y=70:w=${slide.title.length * 28}:h=46:color=${INK}:t=fill:${during(0)}`,
      ...slide.points.map((point, row) => `drawbox=x=100:y=${200 + row * 90}:w=${point.length * 20}:h=26:color=${INK}@0.7:t=fill:${during(row * 2)}`),
      `drawbox=x=60:y=640:w=${(index + 1) * 80}:h=8:color=${ACCENT}:t=fill:${during(0)}`,
    ];
  }
  const text = (what: string, at: string, size: number, from: number): string => `drawtext=text='${what}':${at}:fontsize=${size}:fontcolor=${INK}:${during(from)}`;
  return [
    text(slide.title, "x=60:y=64", 60, 0),
    // points appear one after another, as a lecturer shows them
    ...slide.points.map((point, row) => text(`•  ${point}`, `x=90:y=${200 + row * 90}`, 40, row * 2)),
    text(`${index + 1} / ${SLIDES.length}`, "x=1170:y=64", 28, 0),
  ];
}

function sound(speaks: boolean): string[] {
  const stereo = "aformat=sample_rates=48000:channel_layouts=stereo";
  if (!speaks) {
    // harmonics of a low voice, in syllables and sentences
    const voice = [1, 2, 3, 4, 5].map((n) => `${(0.3 / n).toFixed(3)}*sin(${n}*2*PI*(118*t+2*sin(2*PI*0.6*t)))`).join("+");
    return [`aevalsrc='(${voice})*pow(abs(sin(2*PI*1.9*t)),2)*min(1,2*abs(sin(2*PI*0.1*t)))':s=48000,${stereo}[a]`];
  }
  const spoken = SLIDES.map(({ speech }, index) => `flite=voice=slt:text='${speech}',aresample=48000,apad,atrim=end=${SLIDE_SEC},${stereo}[a${index}]`);
  return [...spoken, `${SLIDES.map((_, index) => `[a${index}]`).join("")}concat=n=${SLIDES.length}:v=0:a=1,asetnsamples=1024[a]`];
}
