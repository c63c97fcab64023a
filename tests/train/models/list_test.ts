// What every kind of model must be, whichever it is.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { openDevice } from "../../../kernels/open_device.ts";
import { changeConfig, defaultConfig } from "../../../train/jobs/train/config.ts";
import { focusClassifier } from "../../../train/models/focus/kind.ts";
import { freshNetwork, modelKind, modelKinds, objectModelOf } from "../../../train/models/list.ts";
import { uNet } from "../../../train/models/unet/kind.ts";

const device = await openDevice();
const CONFIG = changeConfig(defaultConfig, {
  change: {
    ...{ depth: 2, base: 4 },
    stardist: { rays: 5, grid: 4, features: 3, kernel: 5 },
    focusModel: { blocks: 2, base: 4, groups: 2 },
  },
  source: "the test",
});

Deno.test("every kind of model makes the network that its settings describe, and names it", () => {
  for (const kind of modelKinds) {
    using _scope = device.scope();
    const network = freshNetwork(device, { kind, settings: CONFIG });
    assertEquals(network.architecture, kind.architecture(CONFIG));
    assertEquals([network.architecture.kind, kind.network.name], [kind.name, kind.name]);
    // What is planned from settings alone holds for the network.
    assertEquals(kind.sizeMultiple(CONFIG), network.sizeMultiple, kind.name);
    const back = changeConfig(defaultConfig, {
      change: kind.settingsOf(network.architecture),
      source: "the test",
    });
    assertEquals(kind.architecture(back), network.architecture, kind.name);
  }
});

Deno.test("every kind of model changes only settings that there are", () => {
  for (const { defaults, name } of modelKinds) {
    const changed = changeConfig(defaultConfig, { change: defaults, source: name });
    assertEquals(Object.keys(changed), Object.keys(defaultConfig));
  }
});

Deno.test("modelKind() finds a kind by its name, and names those there are", () => {
  for (const kind of modelKinds) assert(modelKind(kind.name) === kind);
  assertThrows(
    () => modelKind("vgg"),
    RangeError,
    "Cannot use a model of kind vgg: known kinds are unet, stardist, focus",
  );
  assertThrows(() => modelKind("focus", [uNet]), RangeError, "known kinds are unet");
});

Deno.test("objectModelOf() refuses a kind that finds planes", () => {
  assert(objectModelOf(uNet) === uNet.objects);
  assertThrows(
    () => objectModelOf(focusClassifier),
    TypeError,
    "Cannot find objects with a focus classifier: it finds planes",
  );
});
