// Exported models, read back by other programs: the same answers to 1e-5. Programs that are missing are
// named, and their part is skipped.
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import type { NamedArray } from "../../../../nn/safetensors.ts";
import { encodeNpy } from "../../../../train/models/export/npy.ts";
import { onnxModel } from "../../../../train/models/export/onnx.ts";
import { outputNames } from "../../../../train/models/export/program.ts";
import { encodeGraph } from "../../../../train/models/export/savedmodel.ts";
import { starDistFolder } from "../../../../train/models/export/stardist.ts";
import { torchScriptModel } from "../../../../train/models/export/torchscript.ts";
import { imagesFor, modelOf, STARDIST, STARDIST_GRID_1, UNET } from "./fixtures/models.ts";

const MOST = 1e-5;
const root = await Deno.makeTempDir({ prefix: "kymo-export-" });
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** Writes all exports of all models, with what Kymo answers. */
async function writeAll(): Promise<void> {
  const models = { unet: UNET, stardist: STARDIST, stardist_grid_1: STARDIST_GRID_1 };
  for (const [name, architecture] of Object.entries(models)) {
    const model = await modelOf(architecture);
    const folder = `${root}/${name}`;
    await Deno.mkdir(`${folder}/stardist`, { recursive: true });
    const image = imagesFor(architecture);
    const all = await (await model.run()).answer(image);
    const answers = new Map(outputNames(architecture).map((name) => [name, all.get(name)!]));
    for (const [part, array] of [["image", image] as const, ...answers]) {
      const plain = (({ shape, data }: NamedArray) => ({ shape, data: [...data] }))(array);
      await Deno.writeTextFile(`${folder}/${part}.json`, JSON.stringify(plain));
      await Deno.writeFile(`${folder}/${part}.npy`, encodeNpy(array));
    }
    const files = new Map([
      ["model.onnx", onnxModel(model)],
      ["model.pt", torchScriptModel(model)],
      ["graph.pb", encodeGraph(model)],
    ]);
    if (answers.size > 1) {
      files.set("joined.onnx", onnxModel(model, { joined: true }));
      files.set("joined.pt", torchScriptModel(model, { joined: true }));
      for (const [file, bytes] of await starDistFolder.write(model, {})) {
        files.set(`stardist/${file}`, bytes);
      }
    }
    for (const [file, bytes] of files) await Deno.writeFile(`${folder}/${file}`, bytes);
  }
}

await writeAll();
globalThis.addEventListener("unload", () => Deno.removeSync(root, { recursive: true }));

function assertClose(program: string, results: Record<string, Record<string, number | string>>) {
  for (const [model, differences] of Object.entries(results)) {
    for (const [part, value] of Object.entries(differences)) {
      assert(typeof value === "number" && value <= MOST, `${program}, ${model}, ${part}: ${value}`);
    }
  }
}

Deno.test("exports answer the same in PyTorch, onnx, OpenCV and h5py", async () => {
  // Whichever Python has a program: that of the user or that of the system.
  const script = 'for p in python3 /usr/bin/python3; do "$p" "$0" "$1"; done';
  const args = ["-c", script, fixture("read_back.py"), root];
  const { stdout, stderr } = await new Deno.Command("sh", { args }).output();
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line.startsWith("{"));
  if (lines.length === 0) {
    const reason = new TextDecoder().decode(stderr);
    assert(/No module named 'numpy'|not found/.test(reason), reason);
    return console.log("Skipped: no Python with numpy is here");
  }
  const results = lines.map((line): Record<string, unknown> => JSON.parse(line));
  for (const program of Object.keys(results[0])) {
    const found = results.map((result) => result[program]).filter((each) => each !== "missing");
    if (found.length === 0) console.log(`Skipped: Python has no ${program}`);
    for (const each of found) assertClose(program, each as Parameters<typeof assertClose>[1]);
  }
});

Deno.test("exports answer the same in onnxruntime", async () => {
  const args = [
    "run",
    "--no-config",
    "--cached-only",
    "--allow-all",
    fixture("onnxruntime.ts"),
    root,
  ];
  const { success, stdout, stderr } = await new Deno.Command("deno", { args }).output();
  const reason = new TextDecoder().decode(stderr);
  if (!success && /not found in cache|cached-only|not cached/i.test(reason)) {
    return console.log(
      "Skipped: onnxruntime-node is not in the cache; deno cache " +
        "npm:onnxruntime-node@1.30.0 brings it",
    );
  }
  assertEquals({ success, reason: success ? "" : reason }, { success: true, reason: "" });
  assertClose("onnxruntime", JSON.parse(new TextDecoder().decode(stdout)));
});
