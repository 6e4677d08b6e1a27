/**
 * nsfwjs' MobileNet v2, whose model comes in its package, on TensorFlow.js' WebAssembly. Its packages take 350 MB, so they
 * are not Lectern's own: whoever wants it installs what is locked in `deploy/classifier`.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Classifier, Scores } from "./classifier.contract.ts";

interface Tensor { dispose(): void }
interface TensorFlow { setBackend(name: string): Promise<boolean>; ready(): Promise<void>; tensor3d(values: Int32Array, shape: number[], type: string): Tensor }
interface Wasm { setWasmPaths(folder: string): void }
interface Model { classify(image: Tensor): Promise<{ className: string; probability: number }[]> }
interface Nsfwjs { load(name: string, options: object): Promise<Model> }

const LOCKED = fileURLToPath(new URL("../../../deploy/classifier", import.meta.url));

/** @throws Error when the packages are not there */
export default async function openNsfwjs(folder = LOCKED): Promise<Classifier> {
  const { resolve } = createRequire(join(folder, "package.json"));
  const load = async <Module>(path: string): Promise<Module> => (await import(pathToFileURL(path).href)) as Module;
  const core = resolve("nsfwjs/core");
  const ofModules = (path: string): string => path.replace(`${sep}cjs${sep}`, `${sep}esm${sep}`); // its other form takes ten times as long to load
  const tensors = await load<TensorFlow>(resolve("@tensorflow/tfjs"));
  const wasm = await load<Wasm>(resolve("@tensorflow/tfjs-backend-wasm"));
  const nsfwjs = await load<Nsfwjs>(ofModules(core));
  const { MobileNetV2Model } = await load<{ MobileNetV2Model: object }>(ofModules(resolve("nsfwjs/models/mobilenet_v2")));
  wasm.setWasmPaths(`${dirname(resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  await tensors.setBackend("wasm");
  await tensors.ready();
  const model = await nsfwjs.load("MobileNetV2", { modelDefinitions: [MobileNetV2Model] });
  const { version } = JSON.parse(await readFile(join(dirname(core), "../../package.json"), "utf8")) as { version: string };
  return {
    name: "nsfwjs MobileNetV2", version,
    async classify(frames) {
      const scores: Scores[] = [];
      for (const { side, pixels } of frames) {
        const image = tensors.tensor3d(Int32Array.from(pixels), [side, side, 3], "int32");
        scores.push(Object.fromEntries((await model.classify(image)).map(({ className, probability }) => [className, Math.min(1, Math.max(0, probability))])));
        image.dispose();
      }
      return scores;
    },
  };
}
