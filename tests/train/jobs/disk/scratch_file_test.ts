import { assertEquals, assertThrows } from "@std/assert";
import { removeLeftovers } from "../../../../train/jobs/disk/atomic_file.ts";
import { ScratchRows } from "../../../../train/jobs/disk/scratch_file.ts";
import { withFolder } from "../../fixtures/temporary.ts";

Deno.test("ScratchRows gives back the rows that were written, and leaves no file", async () => {
  await withFolder({}, async (folder) => {
    {
      using rows = await ScratchRows.create(Float32Array<ArrayBuffer>, {
        ...{ path: `${folder}/rows`, width: 3 },
      });
      rows.write(Float32Array.of(1, 2, 3));
      rows.write(Float32Array.of(4, 5, 6, 7, 8.5, 9));
      await removeLeftovers(folder);
      assertEquals(rows.read(1, 3), Float32Array.of(4, 5, 6, 7, 8.5, 9));
      assertEquals(rows.read(0, 1), Float32Array.of(1, 2, 3));
      rows.write(Float32Array.of(10, 11, 12));
      assertEquals(rows.read(3, 4), Float32Array.of(10, 11, 12));
      assertThrows(() => rows.read(3, 5), RangeError, "rows 3 to 5");
    }
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});
