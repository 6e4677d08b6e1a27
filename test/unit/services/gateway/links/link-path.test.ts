import type { IncomingMessage } from "node:http";
import { expect } from "chai";
import { askedUrl, redactPath, takeToken, tokenOf } from "../../../../../services/gateway/links/link-path.ts";

const ID = "01arz3ndektsv4rrffq69g5fav";
const TOKEN = "A1b2-_".padEnd(56, "x");

function take(url: string): { url: string | undefined; token: string | undefined; asked: string } {
  const req = { url } as IncomingMessage;
  takeToken(req);
  return { url: req.url, token: tokenOf(req), asked: askedUrl(req) };
}

describe("a link's path", () => {
  it("is that of the video, once its token is taken out, and whole again for who is sent on", () => {
    for (const [prefix, rest] of [["/play", "/master.m3u8"], ["/play", "/360p/12.m4s?region=eu"], ["/play", "/storyboard/0.jpg"], ["/play", "/keys/whatever/0.key"], ["/v1/videos", ""], ["/v1/videos", "/frame?t=1.5&width=640"], ["/watch", ""]] as const) {
      expect(take(`${prefix}/~${TOKEN}/${ID}${rest}`)).to.deep.equal({ url: `${prefix}/${ID}${rest}`, token: TOKEN, asked: `${prefix}/~${TOKEN}/${ID}${rest}` });
    }
  });

  it("has one spelling: what is nearly like it stays what it is", () => {
    const paths = [
      `/play/${ID}/master.m3u8`, `/play/${TOKEN}/${ID}/master.m3u8`, `/play/%7E${TOKEN}/${ID}/master.m3u8`, `//play/~${TOKEN}/${ID}/master.m3u8`, `/play//~${TOKEN}/${ID}/master.m3u8`, `/play/~${TOKEN}//${ID}/master.m3u8`,
      `/play/~${TOKEN}/~${TOKEN}/${ID}/master.m3u8`, `/play/~${TOKEN}/${ID}/../${ID}/master.m3u8`, `/play/~${TOKEN}/${ID}/%2e%2e/master.m3u8`, `/play/~${TOKEN}/${ID}/./master.m3u8`, `/play/~${TOKEN}/${ID}/`, `/play/~${TOKEN}/%30${ID.slice(1)}/master.m3u8`, `/play/~${TOKEN}/${ID.toUpperCase()}/master.m3u8`,
      `/play/~${TOKEN}x/${ID}/master.m3u8`, `/play/~${TOKEN.slice(1)}/${ID}/master.m3u8`, `/play/~${TOKEN}`, `/play/~${TOKEN}/`, `/PLAY/~${TOKEN}/${ID}/master.m3u8`, `/v1/uploads/~${TOKEN}/${ID}`, `/v1/~${TOKEN}/videos/${ID}`, `/~${TOKEN}/play/${ID}/master.m3u8`, `http://h/play/~${TOKEN}/${ID}/master.m3u8`, "",
    ];
    for (const path of paths) expect(take(path), path).to.deep.equal({ url: path, token: undefined, asked: path });
  });

  it("is shown without its token, however it was spelled", () => {
    for (const path of [`/play/~${TOKEN}/${ID}/master.m3u8`, `/play/%7e${TOKEN}/${ID}/master.m3u8`, `/play//~${TOKEN}x/a`, `/~${TOKEN}`, `/x/%7E${TOKEN}`]) expect(redactPath(path), path).to.not.include(TOKEN.slice(1, 20));
    expect(redactPath(`/play/${ID}/master.m3u8`)).to.equal(`/play/${ID}/master.m3u8`);
  });

  it("names no person", () => {
    for (const path of ["/v1/persons/login:anna", "/v1/persons/anna", "/v1/persons/x/anna", "/v1//persons/anna", "/v1/persons/login%3Aanna%2fx", "/v1/%70ersons/login%3aanna", "/anything/login:anna/x"]) expect(redactPath(path), path).to.not.include("anna");
    expect(redactPath("/v1/persons/me")).to.equal("/v1/persons/me");
  });
});
