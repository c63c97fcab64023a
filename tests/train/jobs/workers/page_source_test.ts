import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeImage, readPlane } from "../../../../train/images/formats/decode.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { heldSource, type Source } from "../../../../train/images/source.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { pagedSource } from "../../../../train/jobs/workers/page_source.ts";
import { WorkerPool } from "../../../../train/jobs/workers/pool.ts";
import { withFile } from "../../fixtures/temporary.ts";

const [WIDTH, HEIGHT, PAGES] = [20, 10, 6];
const PAGE_BYTES = 2 * WIDTH * HEIGHT;

function plane(page: number) {
  const data = Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => 100 * page + i);
  return { width: WIDTH, height: HEIGHT, data };
}

const STACK = encodeGreyTiff(Array.from({ length: PAGES }, (_, page) => plane(page)));

/** A source, and how many files were opened in it. */
function counted(source: Source): { source: Source; opened: () => number } {
  let opened = 0;
  const open = (path: string) => {
    opened++;
    return source.open(path);
  };
  return { source: { ...source, open }, opened: () => opened };
}

async function readAll(source: Source, path: string): Promise<void> {
  const stack = await decodeImage(source, path);
  for (let page = 0; page < PAGES; page++) assertEquals(await readPlane(stack, page), plane(page));
}

Deno.test("pagedSource() decodes the pages of a small file once for two times, and of a large one some", async () => {
  const mostKept = 4 * PAGE_BYTES;
  for (const [kept, again] of [[Infinity, 0], [mostKept, 2], [0, PAGES]]) {
    const { source, opened } = counted(heldSource(new Map([["a.tif", STACK]])));
    const paged = pagedSource(source, { pool: null, mostKept: kept });
    await readAll(paged, "a.tif");
    const first = opened();
    assertEquals(first, 1 + PAGES);
    await readAll(paged, "a.tif");
    assertEquals(opened() - first, 1 + again);
    // What was given twice is let go of, and not kept anew.
    const second = opened();
    await readAll(paged, "a.tif");
    assertEquals(opened() - second, 1 + PAGES);
  }
});

/** The pages that a pool is asked for from now on. */
function pagesAskedOf(pool: WorkerPool): number[] {
  const asked: number[] = [];
  const ask = pool.ask.bind(pool);
  pool.ask = ((name: "page", input: { path: string; page: number }) => {
    asked.push(input.page);
    return ask(name, input);
  }) as typeof pool.ask;
  return asked;
}

Deno.test("pagedSource() goes on decoding ahead where each page is read twice", async () => {
  using pool = new WorkerPool({ count: 2 });
  await pool.start();
  const asked = pagesAskedOf(pool);
  await withFile("a.tif", STACK, async (path) => {
    const stack = await decodeImage(pagedSource(disk, { pool, mostKept: 0 }), path);
    for (const page of [0, 1, 2, 3]) {
      for (let again = 0; again < 2; again++) {
        assertEquals(await readPlane(stack, page), plane(page));
      }
    }
    // What is ahead is asked for before the page is read again.
    assertEquals(asked, [0, 1, 2, 0, 3, 1, 4, 2, 5, 3]);
  });
});

Deno.test("pagedSource() has workers decode, also ahead, to the same pixels", async () => {
  using pool = new WorkerPool({ count: 2 });
  await pool.start();
  const asked = pagesAskedOf(pool);
  await withFile("a.tif", STACK, async (path) => {
    const paged = pagedSource(disk, { pool, mostKept: 0 });
    await readAll(paged, path);
    assertEquals(asked, [0, 1, 2, 3, 4, 5]);
    const stack = await decodeImage(paged, path);
    for (const page of [4, 1, 3, 5]) assertEquals(await readPlane(stack, page), plane(page));
    await assertRejects(() => readPlane(stack, PAGES), RangeError, "it has pages 0 to 5");
  });
});

Deno.test("pagedSource() fails with the words of this thread where a worker fails", async () => {
  using pool = new WorkerPool({ count: 1 });
  await pool.start();
  const damaged = STACK.slice();
  damaged.fill(255, 16, 40);
  await withFile("a.tif", damaged, async (path) => {
    const messages = await Promise.all([disk, pagedSource(disk, { pool })].map(async (source) => {
      const stack = await decodeImage(source, path);
      const error = await assertRejects(() => readPlane(stack, 0), SyntaxError, "Cannot read");
      assertEquals(await readPlane(stack, 1), plane(1));
      return error.message;
    }));
    assert(messages[0] === messages[1] && messages[0].includes("a.tif"), messages.join("; "));
  });
});
