import { expect } from "chai";
import { guestCommand, guestInput, type GuestRun } from "../../../../media/ffmpeg/sandbox.ts";
import { oneLine } from "../../../support/command-line.ts";

const RUN: GuestRun = { sandbox: "bwrap", program: "ffmpeg", reads: { kind: "stdin" }, hardware: false, terminal: false, environment: { PATH: "/usr/bin:/bin" } };
const command = (changes: Partial<GuestRun>): string => guestCommand({ ...RUN, ...changes }).join(" ");

describe("FFmpeg's sandbox", () => {
  it("has no network and no files for a run that reads standard input", () => {
    expect(command({})).to.equal(oneLine(`
      v=8388608 t=3600 f=0 n=256 c=0 --
      bwrap --unshare-all --die-with-parent --cap-drop ALL --uid 65534 --gid 65534
      --clearenv --setenv PATH /usr/bin:/bin
      --ro-bind /usr /usr --ro-bind-try /lib /lib --ro-bind-try /lib64 /lib64 --ro-bind-try /etc/alternatives /etc/alternatives
      --ro-bind-try /etc/ld.so.cache /etc/ld.so.cache --ro-bind-try /sys/devices/system /sys/devices/system
      --proc /proc --dev /dev --remount-ro / --chdir / -- ffmpeg`));
  });

  it("has the network for a run that reads the node's own door", () => {
    expect(command({ reads: { kind: "door" }, program: "ffprobe" })).to.equal(oneLine(`
      v=8388608 t=3600 f=0 n=256 c=0 --
      bwrap --unshare-all --share-net --die-with-parent --cap-drop ALL --uid 65534 --gid 65534
      --clearenv --setenv PATH /usr/bin:/bin
      --ro-bind /usr /usr --ro-bind-try /lib /lib --ro-bind-try /lib64 /lib64 --ro-bind-try /etc/alternatives /etc/alternatives
      --ro-bind-try /etc/ld.so.cache /etc/ld.so.cache --ro-bind-try /sys/devices/system /sys/devices/system
      --proc /proc --dev /dev --remount-ro / --chdir / -- ffprobe`));
  });

  it("has one file, to read, for a run that reads it; and the program, where it is not below /usr", () => {
    expect(command({ reads: { kind: "file", path: "/data/a lecture.mp4" }, program: "/opt/ffmpeg" })).to.equal(oneLine(`
      v=8388608 t=3600 f=0 n=256 c=0 --
      bwrap --unshare-all --die-with-parent --cap-drop ALL --uid 65534 --gid 65534
      --clearenv --setenv PATH /usr/bin:/bin
      --ro-bind /usr /usr --ro-bind-try /lib /lib --ro-bind-try /lib64 /lib64 --ro-bind-try /etc/alternatives /etc/alternatives
      --ro-bind-try /etc/ld.so.cache /etc/ld.so.cache --ro-bind-try /sys/devices/system /sys/devices/system
      --proc /proc --dev /dev --ro-bind /opt/ffmpeg /opt/ffmpeg --ro-bind /data/a lecture.mp4 /data/a lecture.mp4 --remount-ro / --chdir / -- /opt/ffmpeg`));
    expect(guestCommand({ ...RUN, program: "/usr/bin/ffmpeg" }).slice(-2)).to.deep.equal(["--", "/usr/bin/ffmpeg"]);
  });

  it("is a session of its own where the node has a terminal to protect", () => {
    expect(command({ terminal: true })).to.include("bwrap --unshare-all --die-with-parent --new-session --cap-drop ALL ");
  });

  it("has one file to fill, and so far, for a run that writes it", () => {
    const words = guestCommand({ ...RUN, reads: { kind: "door" }, writes: { path: "/data/copy.mov", maxBytes: 1_024 } });
    expect(words.slice(0, 6)).to.deep.equal(["v=8388608", "t=3600", "f=2", "n=256", "c=0", "--"]);
    expect(words.slice(-9).join(" ")).to.equal("--bind /data/copy.mov /data/copy.mov --remount-ro / --chdir / -- ffmpeg");
  });

  it("has the graphics card for a run that needs it, and for its driver any address space and a cache", () => {
    expect(command({ hardware: true })).to.equal(oneLine(`
      t=3600 f=131072 n=256 c=0 --
      bwrap --unshare-all --die-with-parent --cap-drop ALL --uid 65534 --gid 65534
      --clearenv --setenv PATH /usr/bin:/bin
      --ro-bind /usr /usr --ro-bind-try /lib /lib --ro-bind-try /lib64 /lib64 --ro-bind-try /etc/alternatives /etc/alternatives
      --ro-bind-try /etc/ld.so.cache /etc/ld.so.cache --ro-bind-try /sys/devices/system /sys/devices/system
      --proc /proc --dev /dev
      --dev-bind-try /dev/dri /dev/dri --dev-bind-try /dev/nvidia0 /dev/nvidia0 --dev-bind-try /dev/nvidiactl /dev/nvidiactl
      --dev-bind-try /dev/nvidia-uvm /dev/nvidia-uvm --dev-bind-try /dev/nvidia-modeset /dev/nvidia-modeset
      --ro-bind-try /sys/dev/char /sys/dev/char --ro-bind-try /sys/devices /sys/devices --ro-bind-try /sys/bus/pci /sys/bus/pci --ro-bind-try /etc/OpenCL /etc/OpenCL
      --tmpfs /tmp --remount-ro / --chdir / -- ffmpeg`));
  });

  it("is limits, no new privileges and death with the node where there is no bubblewrap; or limits alone", () => {
    expect(command({ sandbox: "setpriv" })).to.equal("v=8388608 t=3600 f=0 n=256 c=0 -- env -i PATH=/usr/bin:/bin setpriv --pdeathsig KILL --no-new-privs -- ffmpeg");
    expect(command({ sandbox: "none" })).to.equal("v=8388608 t=3600 f=0 n=256 c=0 -- env -i PATH=/usr/bin:/bin ffmpeg");
    const limits = { addressSpaceMiB: 1, cpuSec: 2, fileBytes: 513, openFiles: 3 };
    expect(command({ sandbox: "none", limits })).to.equal("v=1024 t=2 f=2 n=3 c=0 -- env -i PATH=/usr/bin:/bin ffmpeg");
  });

  it("follows from what is read, which is standard input, the loopback's HTTP or a file with a whole path", () => {
    expect(guestInput("pipe:0")).to.deep.equal({ kind: "stdin" });
    expect(guestInput("http://127.0.0.1:4000/token")).to.deep.equal({ kind: "door" });
    expect(guestInput("file:/data/a b.mp4")).to.deep.equal({ kind: "file", path: "/data/a b.mp4" });
    for (const input of ["http://127.0.0.1.example.org:80/", "http://10.0.0.1:80/", "https://127.0.0.1:4000/", "file:a.mp4", "/etc/passwd", "concat:/a|/b", "subfile,,start,0,end,9,,:/etc/passwd", "pipe:1", ""]) {
      expect(() => guestInput(input), input).to.throw("FFmpeg may not read this input.");
    }
  });
});
