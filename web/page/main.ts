/// <reference lib="dom" />
/**
 * The page's script.
 *
 * @module
 */

import { App } from "./app.ts";

new App(document.getElementById("page")!);
