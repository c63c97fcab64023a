import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  decodeSafeTensors,
  encodeSafeTensors,
  type NamedArray,
} from "../../../../nn/safetensors.ts";
import { defaultConfig } from "../../../../train/jobs/train/config.ts";
import { RunFolder } from "../../../../train/jobs/disk/run_folder.ts";
import type { SavedState } from "../../../../train/learn/stage_state.ts";
import { withFolder } from "../../fixtures/temporary.ts";

/** One array of a few numbers by name. */
function arrays(name: string, ...values: number[]): Map<string, NamedArray> {
  return new Map([[name, { shape: [values.length], data: Float32Array.from(values) }]]);
}

const STREAM = {
  sampler: { order: [2, 0, 1], position: 1, random: [1, 2, 3, 4] as const },
  augmentation: [5, 6, 7, 4294967295] as const,
};

const SAVED: SavedState = {
  state: {
    stage: "consistent",
    step: 7,
    counts: { segmentation: 5, consistency: 2 },
    streams: { segmentation: STREAM, consistency: null },
    bestScore: 0.1 + 0.2,
    waited: 1,
    plateaus: {
      segmentation: { drops: 1, best: 1 / 3, waited: 2 },
      consistency: { drops: 0, best: null, waited: 0 },
    },
    examiner: { reference: { meanProbability: 1e-300, foregroundFraction: 0 }, collapsed: false },
    collapsed: false,
    metricsBytes: 123,
  },
  weights: arrays("head.weight", 1, -0, 1e-45, 3.4028234663852886e38),
  moments: arrays("segmentation.head.weight.first", 0.1),
  best: arrays("head.weight", 2, 3, 4, 5),
  average: arrays("head.weight", 1 / 3, 1e-40),
};

Deno.test("RunFolder keeps a state to the last bit", async () => {
  await withFolder({}, async (path) => {
    const folder = new RunFolder(path);
    assertEquals(await folder.loadState(), null);
    await folder.saveState(SAVED);
    const loaded = await folder.loadState();
    assertEquals(loaded, SAVED);
    assert(Object.is(loaded?.weights.get("head.weight")?.data[1], -0));
    const names = [...Deno.readDirSync(path)].map(({ name }) => name);
    assertEquals(names, ["state.safetensors"]);
  });
});

Deno.test("RunFolder.loadState() names a damaged state and the remedy", async () => {
  await withFolder({}, async (path) => {
    const folder = new RunFolder(path);
    await folder.saveState(SAVED);
    const bytes = await Deno.readFile(folder.file("state.safetensors"));
    const other = encodeSafeTensors({ metadata: {}, tensors: SAVED.weights });
    const half = encodeSafeTensors({ metadata: { state: '{"stage":' }, tensors: SAVED.weights });
    const damaged = [new Uint8Array(0), bytes.slice(0, 5), bytes.slice(0, -1), other, half];
    for (const content of damaged) {
      await Deno.writeFile(folder.file("state.safetensors"), content);
      const error = await assertRejects(() => folder.loadState(), SyntaxError);
      assertEquals(
        error.message,
        `Cannot resume from ${path}/state.safetensors: it is damaged; remove it to begin its ` +
          "stage again",
      );
    }
  });
});

Deno.test("RunFolder cuts metrics back to whole lines that a state knows of", async () => {
  await withFolder({}, async (path) => {
    const folder = new RunFolder(path);
    await folder.cutMetrics(100);
    assertEquals(await folder.readMetrics(), []);
    assertEquals(await folder.appendMetrics([]), 0);
    const known = await folder.appendMetrics([{ text: "20 µm" }, { step: 2 }]);
    assertEquals(known, (await Deno.stat(folder.file("metrics.jsonl"))).size);
    await folder.appendMetrics([{ step: 3 }]);
    await folder.cutMetrics(known);
    assertEquals(await folder.readMetrics(), [{ text: "20 µm" }, { step: 2 }]);
    // What a power cut may leave: less than the state knows of, and half a line.
    await Deno.writeTextFile(folder.file("metrics.jsonl"), '{"step":4}\n{"ste');
    await folder.cutMetrics(known);
    assertEquals(await folder.readMetrics(), [{ step: 4 }]);
    assertEquals(await folder.appendMetrics([{ step: 5 }]), 22);
    await folder.cutMetrics(0);
    assertEquals(await folder.readMetrics(), []);
  });
});

Deno.test("RunFolder.writeConfig() keeps all settings and versions", async () => {
  await withFolder({}, async (path) => {
    const folder = new RunFolder(path);
    assertEquals(await folder.has("config.json"), false);
    await folder.writeConfig(defaultConfig, { kymo: "1.2.3", adapter: "some" });
    assertEquals(await folder.has("config.json"), true);
    const { versions, ...settings } = JSON.parse(await Deno.readTextFile(`${path}/config.json`));
    assertEquals(settings, defaultConfig);
    assertEquals(versions, { kymo: "1.2.3", adapter: "some" });
  });
});

Deno.test("RunFolder says where it cannot be made or written, and why", async () => {
  await withFolder(
    { "file": "x", "run/metrics.jsonl/x": "", "run/config.json/x": "" },
    async (path) => {
      for (const inside of ["file", "file/run"]) {
        const error = await assertRejects(() => new RunFolder(`${path}/${inside}`).create(), Error);
        assertStringIncludes(error.message, `Cannot create ${path}/${inside}: `);
        assertStringIncludes(error.message, "; give another --out");
      }
      const folder = new RunFolder(`${path}/run`);
      await folder.create();
      const error = await assertRejects(() => folder.appendMetrics([{}]), Error);
      assertStringIncludes(error.message, `Cannot write ${path}/run/metrics.jsonl: `);
      const other = await assertRejects(() => folder.writeConfig(defaultConfig, {}), Error);
      assertStringIncludes(other.message, `${path}/run/config.json`);
      const names = [...Deno.readDirSync(`${path}/run`)].map(({ name }) => name).toSorted();
      assertEquals(names, ["config.json", "metrics.jsonl"]);
    },
  );
});

Deno.test("RunFolder.loadState() finds every damaged bit of a state, and numbers that make no sense", async () => {
  await withFolder({}, async (path) => {
    const folder = new RunFolder(path);
    await folder.saveState(SAVED);
    const file = folder.file("state.safetensors");
    const bytes = await Deno.readFile(file);
    // The last bytes are arrays: no length and no name changes.
    for (const at of [bytes.length - 1, bytes.length - 5, bytes.length - 12]) {
      const damaged = bytes.slice();
      damaged[at] ^= 1;
      await Deno.writeFile(file, damaged);
      await assertRejects(() => folder.loadState(), SyntaxError, "it is damaged");
    }
    const { metadata, tensors } = decodeSafeTensors(bytes, "state");
    const changed = (change: object) => {
      const state = JSON.stringify({ ...JSON.parse(metadata.state), ...change });
      return encodeSafeTensors({ metadata: { state }, tensors });
    };
    const wrong = [
      ...[{ step: -1 }, { step: 1.5 }, { step: null }, { waited: "1" }, { metricsBytes: -3 }],
      ...[{ counts: { segmentation: "many" } }, { bestScore: "low" }, { collapsed: 0 }],
      ...[{ plateaus: null }, { streams: 7 }],
    ];
    for (const change of wrong) {
      await Deno.writeFile(file, changed(change));
      await assertRejects(() => folder.loadState(), SyntaxError, "damaged", JSON.stringify(change));
    }
    // States of earlier versions have no checksum.
    await Deno.writeFile(file, changed({}));
    assertEquals(await folder.loadState(), SAVED);
  });
});

Deno.test("RunFolder.readMetricLines() leaves out damaged lines, and tells their numbers", async () => {
  await withFolder({}, async (path) => {
    const folder = new RunFolder(path);
    const lines = ['{"step":1}', '{"st\u0000ep":2', "null", "[3]", '{"step":4}', ""];
    await Deno.writeTextFile(folder.file("metrics.jsonl"), lines.join("\n"));
    assertEquals(await folder.readMetricLines(), {
      lines: [{ step: 1 }, { step: 4 }],
      damaged: [2, 3, 4],
    });
    assertEquals(await folder.readMetrics(), [{ step: 1 }, { step: 4 }]);
  });
});
