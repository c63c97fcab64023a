import { assert, assertEquals } from "@std/assert";
import { withFolder } from "../../train/fixtures/temporary.ts";
import { saysNext } from "../fixtures/command.ts";

Deno.test("tune writes the kernels that it found fastest", async () => {
  await withFolder({}, async (cwd) => {
    const network = [
      "--depth",
      "1",
      "--base",
      "2",
      "--patch",
      "16",
      "--batch",
      "2",
      "--pairs",
      "1",
    ];
    const { lines } = await saysNext(["tune", "--out", "k.json", "--image", "17x30", ...network], {
      cwd,
    });
    assertEquals(lines.at(-1), `Written to ${cwd}/k.json`);
    const { kernels } = JSON.parse(await Deno.readTextFile(`${cwd}/k.json`));
    assert(Object.keys(kernels).includes("conv2d forward 1x1x18x30->2 k3"));
    assertEquals(lines.length, Object.keys(kernels).length + 1);
  });
});
