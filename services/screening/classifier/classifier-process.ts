/** The process of a classifier: opens the module that it is given, classifies what it is sent, answers, and ends. */
import { argv, exit } from "node:process";
import { pathToFileURL } from "node:url";
import { errorMessage } from "../../../config/errors.ts";
import type { ClassifierReply, ClassifierRequest, OpenClassifier } from "./classifier.contract.ts";

const [, , path = "", folder] = argv;

process.once("message", (request) => {
  answer(request as ClassifierRequest).then(send, (error: unknown) => send({ error: errorMessage(error) }));
});
process.once("disconnect", () => exit()); // the node has ended

async function answer({ frames }: ClassifierRequest): Promise<ClassifierReply> {
  const { default: open } = (await import(pathToFileURL(path).href)) as { default: OpenClassifier };
  const classifier = await open(folder === "" ? undefined : folder);
  return { name: classifier.name, version: classifier.version, scores: await classifier.classify(frames) };
}

function send(reply: ClassifierReply): void {
  process.send?.(reply, undefined, undefined, () => exit());
}
