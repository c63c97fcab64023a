/// <reference lib="dom" />
/**
 * The page's script.
 *
 * @module
 */

import { App } from "./app.ts";
import { prepareWorkers } from "./workers.ts";

prepareWorkers();
// In a task of its own, so that the page is not held up by both at once.
setTimeout(() => new App(document.getElementById("page")!));
