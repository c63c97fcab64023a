// Whole tiny runs against whole tiny runs: again, as one of several seeds, and after what stopped them.
import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { assertStringIncludes } from "@std/assert";
import { train } from "../../../../../train/jobs/train/train.ts";
import {
  resultOf,
  runContent,
  tinyConfig,
  trainToEnd,
  withTinyData,
} from "../../../fixtures/tiny_run.ts";

Deno.test("train() gives the same run again", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data);
    const [first, again] = [
      await trainToEnd({ config, out: `${runs}/run` }),
      await trainToEnd({ config, out: `${runs}/again` }),
    ];
    assertEquals(await runContent(`${runs}/again`), await runContent(`${runs}/run`));
    assertEquals(resultOf(again).table, resultOf(first).table);
  });
});

Deno.test("train() makes a run of its own for every seed, and a table over all", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, { seed: 5, rounds: 1, control: false });
    const out = `${runs}/both`;
    const { table, weights } = resultOf(await trainToEnd({ config, out, seeds: 2 }));
    assertEquals(weights, `${out}/seed-5/weights.safetensors`);
    const names = [...Deno.readDirSync(out)].map(({ name }) => name).toSorted();
    assertEquals(
      names,
      ["config.json", "curves.svg", "kernels.json", "report.html", "seed-5", "seed-6"],
    );
    for (const { source, values } of table.rows) {
      assertEquals(values.area_change?.sd === undefined, source === "truth", source);
    }
    assertStringIncludes(await Deno.readTextFile(`${out}/report.html`), "over 2 seeds");
    const contents = await Promise.all([5, 6].map((seed) => runContent(`${out}/seed-${seed}`)));
    for (const name of ["baseline.safetensors", "consistent.safetensors", "metrics.jsonl"]) {
      assertNotEquals(contents[0][name], contents[1][name]);
    }
    const { seed } = JSON.parse(await Deno.readTextFile(`${out}/seed-6/config.json`));
    assertEquals(seed, 6);
    // A seed gives the same run alone as in a series.
    await trainToEnd({ config: { ...config, seed: 6 }, out: `${runs}/six` });
    assertEquals(await runContent(`${runs}/six`), contents[1]);
  }, { videos: [3], stills: 4 });
});

Deno.test("train() stops with the path when a file cannot be written, and goes on from there", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, { control: false, rounds: 1 });
    const out = `${runs}/run`;
    // A folder in place of a file: every write to it fails, whoever runs the test.
    for (const name of ["metrics.jsonl", "state.safetensors", "weights.safetensors"]) {
      await Deno.mkdir(`${out}/${name}/in the way`, { recursive: true });
      await assertRejects(() => trainToEnd({ config, out, resume: true }), Error, `${out}/${name}`);
      await Deno.remove(`${out}/${name}`, { recursive: true });
      const left = [...Deno.readDirSync(out)].map(({ name }) => name);
      assertEquals(left.filter((name) => name.endsWith(".tmp")), []);
    }
    await trainToEnd({ config, out, resume: true });
    await trainToEnd({ config, out: `${runs}/whole` });
    assertEquals(await runContent(out), await runContent(`${runs}/whole`));
  }, { videos: [3], stills: 4 });
});

Deno.test("train() refuses to resume from another network and from damaged files", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, { rounds: 0 });
    const out = `${runs}/run`;
    for await (const { type } of train({ config, out })) if (type === "validation") break;
    await assertRejects(
      () => trainToEnd({ config: { ...config, base: 4 }, out, resume: true }),
      RangeError,
      `Cannot use ${out}/state.safetensors: `,
    );
    const state = await Deno.readFile(`${out}/state.safetensors`);
    await Deno.writeFile(`${out}/state.safetensors`, state.subarray(0, state.length / 2));
    await assertRejects(
      () => trainToEnd({ config, out, resume: true }),
      SyntaxError,
      `Cannot resume from ${out}/state.safetensors: it is damaged; remove it`,
    );
    await Deno.remove(`${out}/state.safetensors`);
    await trainToEnd({ config, out, resume: true });
    await trainToEnd({ config, out: `${runs}/whole` });
    assertEquals(await runContent(out), await runContent(`${runs}/whole`));
  }, { videos: [3], stills: 4 });
});
