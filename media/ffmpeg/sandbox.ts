/**
 * The command that runs FFmpeg or ffprobe as a guest: what it may see of the machine, and how much it may take. FFmpeg
 * parses what strangers send, so a hole in it should find nothing: no file, no network, no other process. Pure.
 */

/**
 * `bwrap`: namespaces of its own (bubblewrap). `setpriv`: limits, no new privileges, death with the node. `none`:
 * limits only, on systems without setpriv.
 */
export type Sandbox = "bwrap" | "setpriv" | "none";

/** What a run reads; it needs the network only for the node's own door, and files only for a file. */
export type GuestInput = { kind: "stdin" } | { kind: "door" } | { kind: "file"; path: string };

export interface GuestLimits {
  /** Undefined: no limit; drivers of graphics cards map more than there is. */
  addressSpaceMiB: number | undefined;
  /** Of one core. */
  cpuSec: number;
  /** Bytes of any file it writes. To its standard output, a pipe, it writes what it likes. */
  fileBytes: number;
  openFiles: number;
}

export const GUEST_LIMITS: GuestLimits = { addressSpaceMiB: 8 * 1024, cpuSec: 3_600, fileBytes: 0, openFiles: 256 };
/** Drivers keep caches of compiled programs. */
const HARDWARE_LIMITS: GuestLimits = { ...GUEST_LIMITS, addressSpaceMiB: undefined, fileBytes: 64 * 1024 * 1024 };

export interface GuestRun {
  sandbox: Sandbox;
  /** Name or absolute path of FFmpeg or ffprobe. */
  program: string;
  reads: GuestInput;
  /** A file that is there, for it to fill with `maxBytes` at most. */
  writes?: { path: string; maxBytes: number };
  /** The graphics card is needed. */
  hardware: boolean;
  /** The node has a terminal, into which a guest of its session could type. */
  terminal: boolean;
  /** All of the node's environment that the guest sees; the node's own holds secrets. */
  environment: Readonly<Record<string, string>>;
  limits?: GuestLimits;
}

/** Variables that programs and drivers need to be found. */
export const GUEST_VARIABLES = ["PATH", "LD_LIBRARY_PATH", "LIBVA_DRIVER_NAME", "LIBVA_DRIVERS_PATH", "CUDA_VISIBLE_DEVICES"] as const;

/** What the input of an FFmpeg command line makes of its run. @throws Error for any but standard input, a loopback URL or a `file:` with an absolute path */
export function guestInput(input: string): GuestInput {
  if (input === "pipe:0") return { kind: "stdin" };
  if (input.startsWith("http://127.0.0.1:")) return { kind: "door" };
  if (input.startsWith("file:/")) return { kind: "file", path: input.slice("file:".length) };
  throw new Error("FFmpeg may not read this input.");
}

/** Arguments of mixins/ffmpeg-guest.sh, to be followed by the program's own. */
export function guestCommand(run: GuestRun): string[] {
  const usual = run.limits ?? (run.hardware ? HARDWARE_LIMITS : GUEST_LIMITS);
  const limits = run.writes === undefined ? usual : { ...usual, fileBytes: run.writes.maxBytes };
  return [...limitOptions(limits), "--", ...confine(run), run.program];
}

/**
 * In the units of POSIX shells' ulimit: KiB of memory, blocks of 512 bytes. Written without dashes: fluent-ffmpeg
 * would take `-f` for its own.
 */
function limitOptions({ addressSpaceMiB, cpuSec, fileBytes, openFiles }: GuestLimits): string[] {
  return [
    ...(addressSpaceMiB === undefined ? [] : [`v=${addressSpaceMiB * 1024}`]),
    `t=${cpuSec}`, `f=${Math.ceil(fileBytes / 512)}`, `n=${openFiles}`, "c=0",
  ];
}

function confine(run: GuestRun): string[] {
  switch (run.sandbox) {
    case "bwrap": return bubblewrap(run);
    case "setpriv": return [...cleanEnvironment(run), "setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--"];
    case "none": return cleanEnvironment(run);
    default: return run.sandbox satisfies never;
  }
}

const cleanEnvironment = ({ environment }: GuestRun): string[] => ["env", "-i", ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];

/** Nobody: bubblewrap shows this id inside, whoever runs it. */
const NOBODY = "65534";
const PROGRAMS = "/usr/";
/** Libraries where they are not below /usr; what links them by another name; the linker's index; x265 asks for the cores. */
const READABLE = ["/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache", "/sys/devices/system"];
/** VAAPI and Quick Sync; NVENC. What is not there is left out. */
const DEVICES = ["/dev/dri", "/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-modeset"];
const DEVICE_FILES = ["/sys/dev/char", "/sys/devices", "/sys/bus/pci", "/etc/OpenCL"];

/**
 * A session of its own only where it has to be: Linux shares the processor between sessions, and niceness counts within
 * one (autogroups). In its own, work in the background takes as much as all of the node.
 */
function bubblewrap({ program, reads, writes, hardware, terminal, environment }: GuestRun): string[] {
  const bound = (option: string, paths: readonly string[]): string[] => paths.flatMap((path) => [option, path, path]);
  return [
    "bwrap", "--unshare-all", ...(reads.kind === "door" ? ["--share-net"] : []),
    "--die-with-parent", ...(terminal ? ["--new-session"] : []), "--cap-drop", "ALL", "--uid", NOBODY, "--gid", NOBODY,
    "--clearenv", ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
    "--ro-bind", "/usr", "/usr", ...bound("--ro-bind-try", READABLE),
    "--proc", "/proc", "--dev", "/dev",
    ...(hardware ? [...bound("--dev-bind-try", DEVICES), ...bound("--ro-bind-try", DEVICE_FILES), "--tmpfs", "/tmp"] : []),
    ...(program.startsWith("/") && !program.startsWith(PROGRAMS) ? bound("--ro-bind", [program]) : []),
    ...(reads.kind === "file" ? bound("--ro-bind", [reads.path]) : []),
    ...(writes === undefined ? [] : bound("--bind", [writes.path])),
    "--remount-ro", "/", "--chdir", "/", "--",
  ];
}
