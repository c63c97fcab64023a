/**
 * `deno task web`: builds the page, and modules for pages of others.
 *
 * @module
 */

import { writeModules } from "./bundle.ts";
import { buildPage } from "./page.ts";

const OUT = new URL("../dist/", import.meta.url);

const page = await buildPage();
await Deno.mkdir(OUT, { recursive: true });
await Deno.writeTextFile(new URL("kymo.html", OUT), page);
console.log(`web/dist/kymo.html: ${(page.length / 2 ** 20).toFixed(1)} MB`);
await writeModules(new URL("modules/", OUT));
console.log("web/dist/modules/: the public entry points as ES modules, see docs/embed.md");
