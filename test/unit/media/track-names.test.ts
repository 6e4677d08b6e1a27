import { expect } from "chai";
import * as fc from "fast-check";
import { findLanguageName, findLanguageTag } from "../../../media/language.ts";
import { nameTracks } from "../../../media/track-names.ts";

describe("language of a track", () => {
  it("is its shortest BCP 47 tag", () => {
    const tags = ["eng", "deu", "ger", "fre", "zho", "chi", "en", "EN", "pt-BR", "zh-Hant-TW"].map(findLanguageTag);
    expect(tags).to.deep.equal(["en", "de", "de", "fr", "zh", "zh", "en", "en", "pt-BR", "zh-Hant-TW"]);
  });

  it("is none where the container names none", () => {
    for (const language of [undefined, "", "und", "mul", "zxx", "mis", "e", "e1", "en_US", "en\n", "x".repeat(40), "en-"]) expect(findLanguageTag(language), language).to.equal(undefined);
  });

  it("has its name in the language itself", () => {
    expect(["en", "de", "fr", "zh", "qaa"].map(findLanguageName)).to.deep.equal(["English", "Deutsch", "Français", "中文", undefined]);
  });
});

describe("names of tracks", () => {
  const names = (...tracks: { language?: string; title?: string }[]): string[] => nameTracks(tracks, "Audio").map(({ name }) => name);

  it("are titles, else languages, else a word with a number", () => {
    expect(names({ language: "eng", title: "Lecturer" }, { language: "deu" }, {}, { language: "und" })).to.deep.equal(["Lecturer", "Deutsch", "Audio", "Audio 2"]);
  });

  it("say the language where titles are the same", () => {
    expect(names({ language: "eng", title: "Stereo" }, { language: "deu", title: "Stereo" }, { title: "Stereo" }, { language: "deu", title: "Stereo" }))
      .to.deep.equal(["Stereo", "Stereo (Deutsch)", "Stereo 2", "Stereo (Deutsch) 2"]);
  });

  it("are one line each, short and unique, whatever the source says", () => {
    const text = fc.option(fc.string({ unit: fc.constantFrom(..."ab \"\r\n\0\u2028\u202e\u200b😀"), maxLength: 120 }), { nil: undefined });
    fc.assert(fc.property(fc.array(fc.record({ title: text }), { maxLength: 12 }), (tracks) => {
      const all = names(...tracks.map(({ title }) => (title === undefined ? {} : { title })));
      expect(new Set(all).size).to.equal(tracks.length);
      for (const name of all) expect(name).to.match(/^[^"\p{Cc}\p{Cf}\u2028\u2029]{1,170}$/u);
    }));
  });
});
