import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { drawPlayer, playerFrame } from "../../../../train/report/figures/player.ts";
import { renderSteadyPage } from "../../../../train/report/steady_page.ts";

const RANGE = { low: 0, high: 1 };

/** A frame with one object of 2 x 1 pixels. */
function frame(number: number, { width = 4, height = 3, id = 5 } = {}) {
  const data = new Uint32Array(width * height);
  data[width + 1] = data[width + 2] = id;
  const image = { width, height, data: Float32Array.from(data, Math.sign) };
  return playerFrame({ number, image, labels: { width, height, data } }, RANGE);
}

Deno.test("playerFrame() has a picture and an outline for each object", () => {
  const { number, width, height, picture, outlines } = frame(7);
  assertEquals([number, width, height], [7, 4, 3]);
  assert(picture.startsWith("data:image/png;base64,"));
  assertEquals([...outlines], [[5, "M1 1h2v1h-2z"]]);
});

Deno.test("playerFrame() makes large frames small, outlines with them", () => {
  const [width, height] = [900, 30];
  const data = new Uint32Array(width * height).fill(2);
  const image = { width, height, data: new Float32Array(data.length) };
  const small = playerFrame({ number: 0, image, labels: { width, height, data } }, RANGE);
  assertEquals([small.width, small.height], [300, 10]);
  assertEquals(small.outlines.get(2), "M0 0h300v10h-300z");
});

Deno.test("drawPlayer() shows the first frame, and gives tracks colours that stay", () => {
  const text = drawPlayer([frame(3), frame(4)], { areTracked: true }).toString();
  assertEquals(
    [...text.matchAll(/<g data-number="(\d+)" (style="display:none")?>/g)]
      .map(([, number, hidden]) => `${number} ${hidden !== undefined}`),
    ["3 false", "4 true"],
  );
  const colours = [...text.matchAll(/stroke="(hsl[^"]*)"/g)].map(([, colour]) => colour);
  assertEquals(colours.length, 2);
  assertEquals(colours[0], colours[1]);
  assertEquals(drawPlayer([], { areTracked: false }).toString(), "");
});

Deno.test("renderSteadyPage() tells warnings first and escapes all text", () => {
  const page = renderSteadyPage({
    ...{ video: "<movie>", created: "today", length: 2, areTracked: false },
    warnings: ["a < b"],
    seen: ["2 frames"],
    reasons: ["Adapting helped", "more & more"],
    frames: [frame(0)],
    area: { consistent: [10, 12] },
    objects: { consistent: [1, 1] },
    files: [["labels/", "labels"]],
    facts: [["model", "builtin"]],
  });
  for (
    const words of ["&lt;movie&gt;, segmented", "a &lt; b", "more &amp; more", "1 of 2 frames"]
  ) {
    assertStringIncludes(page, words);
  }
  assert(page.indexOf("Please note") < page.indexOf("The result"));
  assert(!page.includes("<movie>"));
});
