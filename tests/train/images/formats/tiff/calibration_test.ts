import { assertEquals } from "@std/assert";
import { calibrationOf } from "../../../../../train/images/formats/tiff/calibration.ts";

const TAGS = { x: 4, y: 2, unit: 1 };

function omeOf(pixels: string): string {
  return `<OME xmlns="x"><Image ID="1"><Pixels SizeX="9" ${pixels}><TiffData/></Pixels></Image></OME>`;
}

Deno.test("calibrationOf() reads ImageJ's unit, spacing and interval beside the tags", () => {
  const head = "ImageJ=1.53t\nimages=3\nframes=3\n";
  assertEquals(calibrationOf([`${head}unit=micron\nspacing=1.5\nfinterval=60.0\n`], TAGS), {
    ...{ width: 0.25, height: 0.5, unit: "micron", depth: 1.5, interval: 60 },
  });
  for (const unit of ["\\u00B5m", "µm", "um", "microns"]) {
    assertEquals(calibrationOf([`${head}unit=${unit}\n`], TAGS)?.unit, "micron", unit);
  }
  assertEquals(calibrationOf([`${head}unit=nm\nfps=4\nfinterval=0\n`], TAGS), {
    ...{ width: 0.25, height: 0.5, unit: "nm", interval: 0.25 },
  });
  assertEquals(calibrationOf([`${head}unit=pixel\n`], TAGS), null);
  assertEquals(calibrationOf([head], TAGS), null, "no unit at all");
  assertEquals(calibrationOf([`${head}unit=micron\n`], { ...TAGS, x: 0 }), null);
});

Deno.test("calibrationOf() reads the first image of OME-XML, in micrometres unless told", () => {
  assertEquals(
    calibrationOf([omeOf('PhysicalSizeX="0.65" PhysicalSizeY="0.66" PhysicalSizeZ="2"')], TAGS),
    { width: 0.65, height: 0.66, unit: "micron", depth: 2 },
  );
  const nano =
    'PhysicalSizeX="65" PhysicalSizeXUnit="nm" PhysicalSizeY="65" PhysicalSizeYUnit="nm"';
  assertEquals(calibrationOf([omeOf(`${nano} PhysicalSizeZ="2" TimeIncrement="30"`)], TAGS), {
    ...{ width: 65, height: 65, unit: "nm", interval: 30 },
  });
  const without = calibrationOf([omeOf("")], { x: 300, y: 300, unit: 2 });
  assertEquals(without, { width: 1 / 300, height: 1 / 300, unit: "inch" });
});

Deno.test("calibrationOf() falls back to the unit of the tags, if they have one", () => {
  assertEquals(calibrationOf([], { x: 100, y: 50, unit: 3 }), {
    ...{ width: 0.01, height: 0.02, unit: "cm" },
  });
  assertEquals(calibrationOf([], TAGS), null);
  assertEquals(calibrationOf(["made by something"], { x: 0, y: 0, unit: 2 }), null);
});
