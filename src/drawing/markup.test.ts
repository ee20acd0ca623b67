import { describe, expect, it } from "vitest";
import { html, trusted } from "./markup.js";

describe("html", () => {
  it("escapes what is no markup, in text, in attributes and in lists", () => {
    const name = `<script>alert("a" & 'b')</script>`;
    const safe = "&#60;script&#62;alert(&#34;a&#34; &#38; &#39;b&#39;)&#60;/script&#62;";
    expect(html`<i title="${name}">${name}${[name, 1]}</i>`.text).toBe(`<i title="${safe}">${safe}${safe}1</i>`);
  });

  it("leaves markup as it is, and nothing of undefined", () => {
    expect(html`<p>${html`<b>${"<"}</b>`}${undefined}${trusted("<hr>")}</p>`.text).toBe("<p><b>&#60;</b><hr></p>");
  });
});
