// `export` on real files: each format is written, what exists is kept, and what cannot be is told.
import { assert, assertEquals } from "@std/assert";
import { encodeModel } from "../../train/models/model_file.ts";
import { modelOf, STARDIST_GRID_1, UNET } from "../train/models/export/fixtures/models.ts";
import { withFolder } from "../train/fixtures/temporary.ts";
import { fails, kymo, linesOf, runs, tree } from "./fixtures/command.ts";

/** The weights file of a model, as a run has it. */
async function weightsOf(architecture: typeof UNET, decode: object): Promise<Uint8Array> {
  const { kind, weights } = await modelOf(architecture);
  return encodeModel({
    ...{ kind, architecture, weights, decode, planes: null, versions: { kymo: "0.1.0" } },
    intensities: { low: 1, high: 99.8, videoNormalization: "video", rangeFrames: "steady" },
  });
}

Deno.test("export writes every format of a run", async () => {
  const weights = await weightsOf(STARDIST_GRID_1, { prob: 0.5, nms: 0.4 });
  await withFolder({ "weights.safetensors": weights }, async (run) => {
    const outputs = [
      ["onnx", "model.onnx"],
      ["torchscript", "model.pt"],
      ["savedmodel", "saved"],
      ["stardist", "star"],
      ["bioimageio", "package.zip"],
      ["savedmodel", "saved.zip"],
    ];
    for (const [format, out] of outputs) {
      const lines = await linesOf([
        "export",
        "--model",
        run,
        "--format",
        format,
        "--out",
        `${run}/${out}`,
      ]);
      assertEquals(lines.length, 2, format);
      assert(lines[0].endsWith(`parameters as ${format}`), lines[0]);
    }
    assertEquals((await tree(run)).sort(), [
      ...["model.onnx", "model.pt", "package.zip", "saved", "saved.zip", "saved/saved_model.pb"],
      ...["star", "star/config.json", "star/thresholds.json", "star/weights_best.h5"],
      "weights.safetensors",
    ]);
    const again = ["export", "--model", run, "--format", "onnx", "--out", `${run}/model.onnx`];
    await fails(again, { code: 1, says: ["it exists; give another --out, or --overwrite"] });
    assertEquals((await kymo([...again, "--overwrite", "--joined"])).code, 0);
    const filled = ["export", "--model", run, "--format", "stardist", "--out", `${run}/star`];
    await fails(filled, { code: 1, says: ["already holds"] });
  });
});

Deno.test("export makes the folders of --out, and names a file in a folder after the model", async () => {
  const weights = await weightsOf(STARDIST_GRID_1, { prob: 0.5, nms: 0.4 });
  await withFolder({ "runs/cells/weights.safetensors": weights, "there/x": "" }, async (cwd) => {
    const exported = async (format: string, out: string) => {
      const args = ["export", "--model=runs/cells", `--format=${format}`, `--out=${out}`, "--json"];
      const [line] = await runs(args, { cwd });
      return JSON.parse(line).out;
    };
    assertEquals(await exported("onnx", "new/deep/"), "new/deep/cells.onnx");
    assertEquals(await exported("torchscript", "there"), "there/cells.pt");
    assertEquals(await exported("torchscript", "a/b/c.pt"), "a/b/c.pt");
    assertEquals(await exported("stardist", "models/star/"), "models/star");
    assertEquals(await exported("savedmodel", "archives/tf.zip"), "archives/tf.zip");
    for (const file of ["new/deep/cells.onnx", "models/star/config.json", "archives/tf.zip"]) {
      assert((await Deno.stat(`${cwd}/${file}`)).size > 0, file);
    }
    // A second time it is there.
    const args = ["export", "--model=runs/cells", "--format=onnx", "--out=new/deep/"];
    await fails(args, { code: 1, says: ["new/deep/cells.onnx: it exists; give another"], cwd });
    const inFile = ["export", "--model=runs/cells", "--format=onnx", "--out=there/x/y.onnx"];
    await fails(inFile, { code: 1, says: ["Cannot make there/x: ", "is a file"], cwd });
    assertEquals(await Deno.readTextFile(`${cwd}/there/x`), "");
  });
});

Deno.test("export says what a format cannot hold, and which formats there are", async () => {
  const weights = await weightsOf(UNET, {
    threshold: 0.5,
    opening: 0,
    minSize: 0,
    fillHoles: false,
  });
  await withFolder({ "weights.safetensors": weights }, async (run) => {
    const args = (...more: string[]) => ["export", "--model", run, "--out", `${run}/x`, ...more];
    await fails(args("--format=stardist"), {
      code: 2,
      says: [
        "as stardist: it is a U-Net, and the format is for StarDist alone; give another --format",
      ],
    });
    await fails(args("--format=onnx", "--joined"), { code: 2, says: ["leave --joined out"] });
    await fails(args("--format=keras"), { code: 2, says: ["expected onnx, torchscript"] });
    await fails(args(), { code: 2, says: ["--format is missing"] });
    assertEquals(await tree(run), ["weights.safetensors"]);
  });
});
