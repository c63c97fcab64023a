/**
 * Several test files in one process, which loads what they share once: as most files take less time than
 * loading, they take a third less together. The arguments name them.
 *
 * @module
 */

for (const file of Deno.args) await import(file);
