/** Commands and requests of the guides against what there is. That they do what they say, test/integration/guides, runbooks and region-lost try. */
import { expect } from "chai";
import { openApiDocument } from "../../../services/gateway/openapi.ts";
import { readCompose } from "../../support/compose.ts";
import { guideCommands, isRun, NOT_RUN, PAGES } from "../../support/guide-commands.ts";
import { listBlocks } from "../../support/guide.ts";
import { listFiles, readSource } from "../../support/imports.ts";
import { readObjects } from "../../support/kubernetes.ts";

const commands = guideCommands();
const named = (pattern: RegExp): string[] => commands.flatMap((command) => [...command.matchAll(pattern)].map(([, name]) => name ?? ""));

describe("the guides", () => {
  it("have no block of commands that no test runs", () => {
    const run = listFiles("test/integration/*.test.ts").flatMap((path) => [...readSource(path).matchAll(/readGuide\("([\w-]+)"/g)].map(([, page]) => `docs/${page}.md`));
    expect(PAGES.filter((page) => listBlocks(readSource(page)).length > 0 && !run.includes(page))).to.deep.equal([]);
  });

  it("have nothing on the list of what is not run that is not there", () => {
    expect(NOT_RUN.filter(([pattern]) => !commands.some((command) => pattern.test(command))).map(([pattern]) => pattern.source)).to.deep.equal([]);
    expect(commands.filter(isRun).length).to.be.above(25);
  });

  it("name services of Compose, a namespace of Kubernetes and units of systemd that there are", () => {
    const services = Object.keys(readCompose("compose.yml").services);
    expect(services).to.include.members(named(/^docker compose up -d (\S+)/g));
    const spaces = readObjects(["namespace.yaml"]).filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name);
    expect([...new Set(named(/^kubectl -n (\S+)/g))]).to.deep.equal(spaces);
    const units = listFiles("deploy/systemd/*.service").map((path) => path.replace(/^.*\//, "").replace("@.service", ""));
    expect([...new Set(named(/^(?:systemctl|journalctl) .*?(\w+)@\w+$/g))]).to.deep.equal(units);
  });

  it("name requests that the gateway answers", () => {
    const { paths } = openApiDocument();
    const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`);
    const known = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods as object).map((method) => [method.toUpperCase(), patternOf(path)] as const));
    const requests = PAGES.flatMap((page) => [...readSource(page).matchAll(/\b(GET|POST|PUT|PATCH|DELETE) (\/[^\s`?#]+)/g)].map(([, method = "", path = ""]) => ({ method, path })));
    expect(requests.length).to.be.above(6);
    expect(requests.filter(({ method, path }) => !known.some(([verb, pattern]) => verb === method && pattern.test(path)))).to.deep.equal([]);
  });
});
