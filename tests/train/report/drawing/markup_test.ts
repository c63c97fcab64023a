import { assertEquals } from "@std/assert";
import { capitalise, escapeText, Markup, markup } from "../../../../train/report/drawing/markup.ts";

Deno.test("escapeText() leaves nothing that could open a tag, an entity or an attribute", () => {
  assertEquals(
    escapeText(`<b a="1" c='2'>&amp;`),
    "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;",
  );
});

Deno.test("escapeText() replaces control characters, which XML does not allow", () => {
  assertEquals(escapeText("a\x00b\x1bc\td\ne"), "a\ufffdb\ufffdc\td\ne");
});

Deno.test("markup escapes text and keeps markup", () => {
  const inner = markup`<i>${"x < y"}</i>`;
  assertEquals(
    markup`<p title="${'"'}">${inner} ${3}</p>`.toString(),
    '<p title="&quot;"><i>x &lt; y</i> 3</p>',
  );
});

Deno.test("markup joins lists and leaves out undefined and false, but not 0", () => {
  const items = ["a", undefined, new Markup("<br>"), [false, 0]] as const;
  assertEquals(markup`${items}`.toString(), "a<br>0");
});

Deno.test("capitalise() touches the first letter only", () => {
  assertEquals([capitalise("validation AP"), capitalise("")], ["Validation AP", ""]);
});
