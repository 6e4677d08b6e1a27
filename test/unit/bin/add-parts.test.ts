import { expect } from "chai";
import * as fc from "fast-check";
import { readMessage, type EncodeProgress } from "../../../bin/add/follow-video.ts";
import { ApiError, parseReasons, readAnswer } from "../../../bin/add/gateway-client.ts";
import { parseFirstFiles, parseMaster } from "../../../bin/add/playlist.ts";
import { formatBar, formatDuration, openProgressLine } from "../../../bin/add/progress-line.ts";

const BASE = "http://host:3000/play/v1/master.m3u8";

describe("parseMaster", () => {
  it("picks the first variant and its audio", () => {
    const text = [
      "#EXTM3U", "#EXT-X-VERSION:7",
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="a",NAME="x",URI="subs.m3u8"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch, laut",URI="de.m3u8"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",DEFAULT=YES,URI="en/media.m3u8"',
      '#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"', "720p/media.m3u8",
      '#EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO="b"', "1080p/media.m3u8",
    ].join("\r\n");
    expect(parseMaster(text, BASE)).to.deep.equal({ video: "http://host:3000/play/v1/720p/media.m3u8", audio: "http://host:3000/play/v1/en/media.m3u8" });
  });

  it("knows sound that is in the variant", () => {
    expect(parseMaster('#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nv.m3u8\n', BASE)).to.deep.equal({ video: "http://host:3000/play/v1/v.m3u8" });
  });

  it("throws a SyntaxError for anything else", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((text) => `#EXTM3U\n${text}`), fc.string().map((text) => `#EXTM3U\n#EXT-X-STREAM-INF:A=1\nhttp://[${text}`)), (text) => {
      try {
        parseMaster(text, BASE);
      } catch (error) {
        expect(error).to.be.instanceOf(SyntaxError);
      }
    }));
  });
});

describe("parseFirstFiles", () => {
  it("finds the init segment and the first media segment", () => {
    expect(parseFirstFiles('#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:2.002,\n#EXT-X-BITRATE:1\n0.m4s\n#EXTINF:4,\n1.m4s\n#EXT-X-ENDLIST\n', BASE))
      .to.deep.equal({ init: "http://host:3000/play/v1/init.mp4", segment: "http://host:3000/play/v1/0.m4s" });
  });

  it("throws a SyntaxError when there is none", () => {
    for (const text of ["", "<html>", "#EXTM3U\n", "#EXTM3U\n#EXTINF:2,\n"]) expect(() => parseFirstFiles(text, BASE)).to.throw(SyntaxError);
  });
});

describe("readMessage", () => {
  const read = (event: string, data: unknown): [unknown, EncodeProgress[]] => {
    const seen: EncodeProgress[] = [];
    return [readMessage({ event, data: typeof data === "string" ? data : JSON.stringify(data) }, (progress) => seen.push(progress)), seen];
  };

  it("reads progress from snapshots and from progress events", () => {
    expect(read("video", { status: "ready", progress: { stage: "encoding", storedSegments: 1, plannedSegments: 8 } })).to.deep.equal([undefined, [{ stored: 1, planned: 8 }]]);
    expect(read("progress", { storedSegments: 2, plannedSegments: 8, etaSec: 9 })).to.deep.equal([undefined, [{ stored: 2, planned: 8, etaSec: 9 }]]);
  });

  it("knows every end", () => {
    expect(read("complete", {})[0]).to.deep.equal({ kind: "complete" });
    expect(read("rejected", { reasons: [{ class: "empty", message: "It has no bytes." }] })[0]).to.deep.equal({ kind: "rejected", reasons: ["It has no bytes."] });
    expect(read("video", { status: "failed", reasons: [{ message: "m" }] })[0]).to.deep.equal({ kind: "failed", reasons: ["m"] });
    expect(read("deleted", {})[0]).to.deep.equal({ kind: "deleted" });
    expect(read("planned", "no JSON")[0]).to.equal(undefined);
  });
});

describe("readAnswer", () => {
  it("throws a problem with its code, detail and reasons", () => {
    const problem = { code: "video_rejected", detail: "The video was rejected.", reasons: [{ class: "empty", message: "It has no bytes." }, 3] };
    try {
      readAnswer(422, JSON.stringify(problem));
      expect.fail("it did not throw");
    } catch (error) {
      expect(error).to.be.instanceOf(ApiError).and.include({ status: 422, code: "video_rejected", message: "The video was rejected." });
      expect((error as ApiError).reasons).to.deep.equal(["It has no bytes."]);
    }
  });

  it("makes do with a proxy's page", () => {
    expect(() => readAnswer(502, "<h1>Bad gateway</h1>")).to.throw(ApiError, "The server answered 502.");
    expect(parseReasons("none")).to.deep.equal([]);
  });
});

describe("a progress line", () => {
  const lines = (isTTY: boolean): string => {
    let text = "";
    const line = openProgressLine("encoding", { isTTY, write: (part: string) => { text += part; } });
    for (let done = 0; done <= 40; done++) line.show(done, 40, `${done} of 40`);
    line.end();
    return text;
  };

  it("is drawn over itself on a terminal", () => {
    expect(lines(true)).to.match(/^\r.*\r.*\n$/s).and.include("encoding [##############################] 100 %  40 of 40\n");
  });

  it("is a line for each tenth elsewhere", () => {
    expect(lines(false).split("\n")).to.have.length(12).and.include("encoding 50 %  20 of 40");
  });

  it("never leaves its bounds", () => {
    expect(formatBar(0, 0)).to.equal("[..............................]   0 %");
    expect(formatBar(9, 3)).to.equal("[##############################] 100 %");
    expect([formatDuration(3.2), formatDuration(125)]).to.deep.equal(["3 s", "2 min 05 s"]);
  });
});
