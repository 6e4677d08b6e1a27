import { expect } from "chai";
import { isAddress, parseAddArguments } from "../../../bin/add/add-arguments.ts";
import { parseNodeArguments } from "../../../bin/node/node-arguments.ts";

describe("npm run add's command line", () => {
  it("has a source and options", () => {
    expect(parseAddArguments(["talk.mp4", "--title", "A talk", "--policy=eager", "--protection", "cbcs", "--wait", "--private", "--server", "http://host:1/"], true)).to.deep.equal({
      kind: "add", what: "talk.mp4", options: { wait: true, private: true, title: "A talk", policy: "eager", protection: "cbcs", server: "http://host:1" },
    });
    expect(parseAddArguments(["https://a.example/v.mp4"], true)).to.deep.equal({ kind: "add", what: "https://a.example/v.mp4", options: { wait: false, private: false } });
  });

  it("names what is wrong", () => {
    const faults: [string[], RegExp][] = [
      [[], /Say which URL or file/], [["a", "b"], /one video at a time/], [["a", "--polcy", "lazy"], /--polcy/],
      [["a", "--policy", "fast"], /--policy must be one of lazy, hybrid, eager, not "fast"/], [["a", "--priority", "1"], /--priority must be/], [["a", "--protection", "drm"], /--protection must be one of none, aes-128, cbcs, not "drm"/],
      [["a", "--server", "host"], /--server must be a URL/], [["a", "--title"], /--title/],
    ];
    for (const [args, message] of faults) {
      const parsed = parseAddArguments(args, true);
      expect(parsed.kind === "fault" ? parsed.message : parsed).to.match(message);
    }
  });

  it("of the demo takes no source", () => {
    expect(parseAddArguments([], false)).to.deep.equal({ kind: "add", what: undefined, options: { wait: false, private: false } });
    expect(parseAddArguments(["x"], false).kind).to.equal("fault");
    expect(parseAddArguments(["-h"], false).kind).to.equal("help");
  });

  it("tells addresses from files", () => {
    expect(["https://a/b", "HTTP://a", "ftp://a"].every(isAddress)).to.equal(true);
    expect(["a.mp4", "./http/a", "C:\\a.mp4", "/a://b"].some(isAddress)).to.equal(false);
  });
});

describe("npm run node's command line", () => {
  it("turns flags into settings", () => {
    expect(parseNodeArguments(["--region", "eu", "--services", "transcoder,cache", "--node-id", "x", "--slots", "2"])).to.deep.equal({
      kind: "join", settings: { LECTERN_REGION: "eu", LECTERN_SERVICES: "transcoder,cache", LECTERN_NODE_ID: "x", LECTERN_SLOTS: "2" },
    });
    expect(parseNodeArguments([])).to.deep.equal({ kind: "join", settings: {} });
  });

  it("refuses what it doesn't know", () => {
    expect(parseNodeArguments(["--reg", "eu"]).kind).to.equal("fault");
    expect(parseNodeArguments(["eu"]).kind).to.equal("fault");
    expect(parseNodeArguments(["--help"]).kind).to.equal("help");
  });
});
