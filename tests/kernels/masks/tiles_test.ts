import { assertEquals } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { pasteTile, type PlaneView, type TileArea } from "../../../kernels/masks/mod.ts";
import { Random } from "../../../train/images/random.ts";

const device: Device = await openDevice();

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array<ArrayBuffer>;
}

/** Flips, quarter turns and transposes of a square. */
const ORIENTATIONS = 8;

/** Turns a plane: bit 1 of k transposes, then 2 turns the rows upside down, then 4 mirrors columns. */
function turn(plane: Plane, k: number): Plane {
  const [width, height] = k & 1 ? [plane.height, plane.width] : [plane.width, plane.height];
  const data = Float32Array.from({ length: width * height }, (_, i) => {
    const row = k & 2 ? height - 1 - Math.floor(i / width) : Math.floor(i / width);
    const column = k & 4 ? width - 1 - i % width : i % width;
    return plane.data[k & 1 ? column * plane.width + row : row * plane.width + column];
  });
  return { width, height, data };
}

/** Every pixel another number, so that no two can be mistaken. */
function numbered(width: number, height: number): Plane {
  return { width, height, data: Float32Array.from({ length: width * height }, (_, i) => i + 1) };
}

/** The view of an orientation, found by turning a plane of numbered pixels. */
function viewOf(plane: Plane, k: number): PlaneView {
  const { width, height, data } = turn(numbered(plane.width, plane.height), k);
  const origin = data[0] - 1;
  return {
    width,
    height,
    origin,
    stepX: width > 1 ? data[1] - data[0] : 0,
    stepY: height > 1 ? data[width] - data[0] : 0,
  };
}

Deno.test("pasteTile() puts a part of a turned tile where it was cut, and touches nothing else", async () => {
  const random = new Random(2);
  for (let round = 0; round < 60; round++) {
    const plane = numbered(1 + random.integer(30), 1 + random.integer(30));
    const k = round % ORIENTATIONS;
    const view = viewOf(plane, k);
    const left = random.integer(view.width);
    const top = random.integer(view.height);
    const kept: TileArea = {
      left,
      top,
      width: 1 + random.integer(view.width - left),
      height: 1 + random.integer(view.height - top),
    };
    const area: TileArea = {
      left: random.integer(left + 1),
      top: random.integer(top + 1),
      width: view.width + 3,
      height: view.height + 2,
    };
    using _scope = device.scope();
    const y = device.upload([plane.height, plane.width], new Float32Array(plane.data.length));
    const turned = turn(plane, k);
    const cut = Float32Array.from({ length: area.width * area.height }, (_, i) => {
      const [row, column] = [area.top + Math.floor(i / area.width), area.left + i % area.width];
      const isInside = row < turned.height && column < turned.width;
      return isInside ? turned.data[row * turned.width + column] : -1;
    });
    const tile = device.upload([1, 1, area.height, area.width], cut);
    pasteTile(device, { tile, plane: y }, { view, area, kept, share: 1 });
    const inside = new Set<number>();
    for (let row = kept.top; row < kept.top + kept.height; row++) {
      for (let column = kept.left; column < kept.left + kept.width; column++) {
        inside.add(turned.data[row * turned.width + column]);
      }
    }
    const expected = plane.data.map((value) => inside.has(value) ? value : 0);
    assertEquals(await device.read(y), expected, JSON.stringify({ k, area, kept }));
  }
});

Deno.test("pasteTile() adds a share of each value to what is there", async () => {
  using _scope = device.scope();
  const area: TileArea = { left: 0, top: 0, width: 3, height: 2 };
  const view: PlaneView = { width: 3, height: 2, origin: 0, stepX: 1, stepY: 3 };
  const tile = device.upload([1, 1, 2, 3], Float32Array.of(8, 16, 24, 1, 0, -8));
  const plane = device.upload([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
  pasteTile(device, { tile, plane }, { view, area, kept: area, share: 8 });
  assertEquals(await device.read(plane), Float32Array.of(2, 4, 6, 4.125, 5, 5));
});
