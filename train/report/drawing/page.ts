/**
 * How every page that stands alone begins: it loads nothing, and may show only what is in it.
 *
 * @module
 */

import { Markup, markup } from "./markup.ts";

/**
 * The beginning of a page, up to its body.
 *
 * @param options.style Its style sheet.
 * @param options.policy What its content security policy allows besides styles and pictures of its own.
 */
export function pageHead(
  { title, style, policy = "" }: { title: string; style: string; policy?: string },
): Markup {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
img-src data:${policy !== "" && markup`; ${new Markup(policy)}`}">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
`;
}
