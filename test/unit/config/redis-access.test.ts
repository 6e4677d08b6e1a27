import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Redis } from "ioredis";
import { REDIS_COMMANDS, redisUsers } from "../../../config/redis-access.ts";
import { listFiles, PROJECT } from "../../support/imports.ts";

/** Methods of maps, arrays and strings that are called like commands; where Redis is meant, another file of it shows the command. */
const OTHERS = new Set(["keys", "sort", "append", "type", "move", "copy", "wait", "watch", "sync", "exec", "client", "command", "monitor", "time", "debug", "touch"]);
/** What ioredis says by itself: its check whether Redis is ready, a database that the URL names, scripts that it sends anew. */
const BY_ITSELF = ["info", "select", "evalsha", "eval"];

const list = new Redis({ lazyConnect: true }).getBuiltinCommands();

function usedCommands(): Set<string> {
  const used = new Set<string>(BY_ITSELF);
  for (const path of listFiles("{mixins,services}/**/*.{ts,lua}")) {
    const source = readFileSync(`${PROJECT}/${path}`, "utf8");
    for (const [, command = ""] of source.matchAll(/redis\.p?call\(\s*['"](\w+)/g)) used.add(command.toLowerCase());
    if (!/from "ioredis"/.test(source)) continue;
    for (const [, method = ""] of source.matchAll(/\.(\w+)\(/g)) {
      const command = method.toLowerCase().replace(/buffer$/, "");
      if (list.includes(command) && !OTHERS.has(command)) used.add(command);
    }
    for (const [, command = ""] of source.matchAll(/\bredis\.(exec|time|multi)\(/g)) used.add(command);
    if (source.includes("redis.multi(")) used.add("exec");
  }
  return used;
}

describe("what Lectern's user may do in Redis", () => {
  it("is what the code does, and nothing else", () => {
    expect([...REDIS_COMMANDS].sort()).to.deep.equal([...usedCommands()].sort());
  });

  it("is within its own keys and channels; nobody else is let in", () => {
    const [others, own = ""] = redisUsers("lectern", "ab12");
    expect(others).to.equal("user default reset off");
    expect(own).to.match(/^user lectern reset on #ab12 ~lectern:\* &lectern:\* \+ping /);
    expect(own.split(" ").slice(7).every((rule) => /^\+[a-z]+$/.test(rule)), "single commands only").to.equal(true);
  });
});
