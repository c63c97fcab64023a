/**
 * `deno task web`: builds the page.
 *
 * @module
 */

import { buildPage } from "./page.ts";

const OUT = new URL("../dist/", import.meta.url);

const page = await buildPage();
await Deno.mkdir(OUT, { recursive: true });
await Deno.writeTextFile(new URL("kymo.html", OUT), page);
console.log(`web/dist/kymo.html: ${(page.length / 2 ** 20).toFixed(2)} MB`);
