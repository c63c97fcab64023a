import { assert, assertEquals, assertRejects } from "@std/assert";
import { listStills, readStill } from "../../../../train/images/series/stills.ts";
import { BUILTIN, builtinModel, builtinStills } from "../../../../train/models/builtin/mod.ts";
import { readingOf } from "../../../../train/models/model_file.ts";
import { unzipSync } from "fflate";
import { starModel } from "../../fixtures/models/star_model.ts";

const STILLS = new URL("../../../../train/models/builtin/stills.zip", import.meta.url);

/** Bytes as an address that can be fetched. */
function addressOf(bytes: Uint8Array): URL {
  return new URL(`data:application/octet-stream;base64,${bytes.toBase64()}`);
}

Deno.test("builtinModel() reads the model at its address, with thresholds", async () => {
  const from = addressOf(starModel({ thresholds: { prob: 0.375, nms: 0.25 } }));
  const file = await builtinModel({ from });
  assertEquals(file.file, BUILTIN);
  assertEquals(file.kind.name, "stardist");
  assertEquals(readingOf(file).decode, { prob: 0.375, nms: 0.25 });
});

Deno.test("builtinModel() says what it could not load, and from where", async () => {
  const from = new URL("./nothing.safetensors", import.meta.url);
  const error = await assertRejects(() => builtinModel({ from }), Error);
  assert(error.message.startsWith(`Cannot load the built-in model from ${from}: `), error.message);
});

Deno.test("builtinStills() has forty patches with objects in their masks, in at most 1.5 MB", async () => {
  assert((await Deno.stat(STILLS)).size <= 1.5e6);
  const source = await builtinStills();
  const { train, test, notes } = await listStills(source, BUILTIN);
  assertEquals([train.length, test.length, notes], [40, 0, []]);
  const index = new TextDecoder().decode(unzipSync(await Deno.readFile(STILLS))["index.csv"]);
  const rows = index.trim().split("\n").slice(1).map((row) => row.split(","));
  for (const [at, files] of train.entries()) {
    const { name, image, labels } = await readStill(source, files);
    const [patch, , , , side, objects] = rows[at];
    assertEquals(`${name}.png`, patch);
    assertEquals([image.width, image.height], [Number(side), Number(side)]);
    assertEquals(new Set(labels.data.filter((id) => id > 0)).size, Number(objects), name);
    assert(Number(objects) > 0);
  }
});
