import { assertEquals } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import {
  binaryDilation,
  binaryErosion,
  binaryOpening,
  connectedComponents,
  otsuThreshold,
  removeSmallObjects,
} from "../../../kernels/masks/mod.ts";
import { histogram, histogramScale } from "../../../kernels/masks/histogram.ts";
import { valueRange } from "../../../kernels/masks/value_range.ts";
import fixtures from "./fixtures/skimage.json" with { type: "json" };

const device: Device = await openDevice();
const FOOTPRINTS = ["cross", "square"] as const;
const CONNECTIVITIES = [4, 8] as const;

async function bytes(text: string): Promise<ArrayBuffer> {
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return await new Response(stream).arrayBuffer();
}

async function integers(text: string): Promise<Uint32Array<ArrayBuffer>> {
  return Uint32Array.from(new Uint16Array(await bytes(text)));
}

async function bits(text: string, count: number): Promise<Uint32Array<ArrayBuffer>> {
  const packed = new Uint8Array(await bytes(text));
  return Uint32Array.from({ length: count }, (_, i) => packed[i >> 3] >> (7 - i % 8) & 1);
}

for (const { name, shape, values, counts, threshold } of fixtures.maps) {
  Deno.test(`otsuThreshold() and histogram() equal scikit-image: ${name}`, async () => {
    using _scope = device.scope();
    const x = device.upload(shape, new Float32Array(await bytes(values)));
    assertEquals(await otsuThreshold(device, x), threshold);
    const range = await valueRange(device, x);
    if (Number.isFinite(histogramScale(range))) {
      assertEquals(await device.read(histogram(device, x, { range })), await integers(counts));
    }
  });
}

for (const { name, shape, mask, ...expected } of fixtures.masks) {
  const pixels = shape[0] * shape[1];

  Deno.test(`binaryErosion() … binaryOpening() equal scikit-image: ${name}`, async () => {
    using _scope = device.scope();
    const x = device.upload<"u32">(shape, await bits(mask, pixels));
    for (const footprint of FOOTPRINTS) {
      const erosion = await device.read(binaryErosion(device, x, { footprint }));
      assertEquals(erosion, await bits(expected.erosion[footprint], pixels));
      const dilation = await device.read(binaryDilation(device, x, { footprint }));
      assertEquals(dilation, await bits(expected.dilation[footprint], pixels));
      const opening = await device.read(binaryOpening(device, x, { footprint }));
      assertEquals(opening, await bits(expected.opening[footprint], pixels));
    }
  });

  Deno.test(`connectedComponents(), removeSmallObjects() equal scikit-image: ${name}`, async () => {
    using _scope = device.scope();
    const x = device.upload<"u32">(shape, await bits(mask, pixels));
    for (const connectivity of CONNECTIVITIES) {
      const components = await connectedComponents(device, x, { connectivity });
      const labels = await integers(expected.labels[connectivity]);
      assertEquals(await device.read(components.labels), labels);
      assertEquals(components.count, Math.max(...labels));
      assertEquals(
        await device.read(removeSmallObjects(device, components, { minSize: 5 })),
        await integers(expected.without5[connectivity]),
      );
      const large = await connectedComponents(device, x, { connectivity, minSize: 5 });
      assertEquals(
        await device.read(large.labels),
        await integers(expected.without5[connectivity]),
      );
    }
  });
}

Deno.test("connectedComponents() equals scikit-image on regions of equal value", async () => {
  using _scope = device.scope();
  const { shape, values, labels } = fixtures.regions;
  const x = device.upload<"u32">(shape, await integers(values));
  for (const connectivity of CONNECTIVITIES) {
    const components = await connectedComponents(device, x, { connectivity });
    assertEquals(await device.read(components.labels), await integers(labels[connectivity]));
  }
});
