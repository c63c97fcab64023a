// Images in a format that Kymo does not know, read by a source that brings it: trained on and predicted.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { imageFormats } from "../../train/images/mod.ts";
import { disk } from "../../train/mod.ts";
import { pgm, pgmBytes } from "../train/fixtures/pgm_format.ts";
import { trainAndPredict } from "../train/fixtures/whole_way.ts";

const source = { ...disk, formats: [...imageFormats, pgm] };
const data = { format: { extension: "pgm", encode: pgmBytes } };

Deno.test("images of a format that is handed in are trained on and predicted", async () => {
  const { events, predicted } = await trainAndPredict({ source, data });
  const result = events.find((event) => event.type === "result");
  assert(result?.table.rows.length, "the truth was not read");
  assertEquals(predicted, 5);
});

Deno.test("images of a format that nobody hands in are not found", async () => {
  await assertRejects(() => trainAndPredict({ data }), Error, "PNG or TIFF");
});
