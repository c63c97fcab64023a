/**
 * Kymo on the command line; `--help` lists the commands.
 *
 * @module
 */

import { runCommand } from "./train/console/main.ts";

if (import.meta.main) Deno.exit(await runCommand(Deno.args));
