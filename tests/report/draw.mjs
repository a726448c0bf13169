// Draws Markdown as GitHub does and tells what came of it, as a line of JSON for each file:
//   draw.mjs MARKDOWN... [--picture PNG] [--open TEXT]...
// micromark follows GitHub's specification (https://github.github.com/gfm/) to the letter.  Unlike
// GitHub it keeps all HTML: what strangers smuggle in shows up among the foreign elements.
// --open opens the details whose summary has the text.  CHROMIUM names the browser.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { chromium } from "playwright-core";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { picture: { type: "string" }, open: { type: "string", multiple: true, default: [] } },
});
if (positionals.length === 0) {
  console.error("usage: draw.mjs MARKDOWN... [--picture PNG] [--open TEXT]...");
  process.exit(2);
}

const require = createRequire(import.meta.url);
const style = readFileSync(require.resolve("github-markdown-css/github-markdown-light.css"), "utf8");
const mermaid = require.resolve("mermaid/dist/mermaid.min.js");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  // Root has no sandbox; what is drawn reaches no network.
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
try {
  const context = await browser.newContext({ viewport: { width: 920, height: 600 }, offline: true });
  const tab = await context.newPage();
  let errors = [];
  tab.on("pageerror", (error) => errors.push(String(error)));
  tab.on("dialog", (dialog) => {
    errors.push(`a script ran: ${dialog.message()}`);
    dialog.dismiss();
  });
  for (const file of positionals) {
    errors = [];
    const told = await draw(tab, readFileSync(file, "utf8"));
    console.log(JSON.stringify({ ...told, errors: [...told.errors, ...errors] }));
  }
} finally {
  await browser.close();
}

function page(markdown) {
  const html = micromark(markdown, {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
  return `<!doctype html><meta charset="utf-8"><style>${style}
body { margin: 0; padding: 16px; background: #fff; width: 888px; }
.markdown-body { border: 1px solid #d1d9e0; border-radius: 6px; padding: 16px; }
.mermaid svg { max-width: 100%; }
</style><article class="markdown-body">${html}</article>`;
}

async function draw(tab, markdown) {
  await tab.setContent(page(markdown));
  // Most of the work; what is written into a tab anew keeps its scripts.
  if (!(await tab.evaluate(() => "mermaid" in window))) await tab.addScriptTag({ path: mermaid });
  const told = await tab.evaluate(look, values.open);
  if (values.picture) {
    await tab.screenshot({ path: values.picture, fullPage: true });
  }
  return told;
}

/** In the browser: draws alerts and diagrams, then counts. */
async function look(open) {
  const body = document.querySelector(".markdown-body");
  const all = (selector) => [...body.querySelectorAll(selector)];
  // Before anything of Mermaid's own is there.
  const foreign = all("*").map((element) => element.localName).filter((name) =>
    !["h2", "p", "a", "b", "strong", "em", "sub", "code", "pre", "ul", "li", "blockquote", "br", "table",
      "thead", "tbody", "tr", "th", "td", "details", "summary"].includes(name));

  for (const quote of all("blockquote")) {
    const first = quote.querySelector("p")?.firstChild;
    const kind = /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*/.exec(first?.data ?? "");
    if (!kind) continue;
    first.data = first.data.slice(kind[0].length);
    if (!first.parentNode.textContent.trim()) first.parentNode.remove();
    const alert = document.createElement("div");
    const name = kind[1].toLowerCase();
    alert.className = `markdown-alert markdown-alert-${name}`;
    alert.innerHTML = `<p class="markdown-alert-title">${name[0].toUpperCase()}${name.slice(1)}</p>`;
    alert.append(...quote.childNodes);
    quote.replaceWith(alert);
  }

  const opened = all("details").filter((details) => details.open);
  // A closed one has no width to draw in.
  for (const details of all("details")) details.open = true;
  const errors = [];
  let diagrams = 0;
  mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });
  for (const [index, code] of all("code.language-mermaid").entries()) {
    try {
      const { svg } = await mermaid.render(`diagram${index}`, code.textContent);
      const frame = document.createElement("div");
      frame.className = "mermaid";
      frame.innerHTML = svg;
      code.parentNode.replaceWith(frame);
      const drawn = frame.querySelector("svg");
      if (drawn.getBoundingClientRect().height < 50) throw new Error("it is empty");
      if (/syntax error/i.test(drawn.textContent)) throw new Error(drawn.textContent);
      diagrams += 1;
    } catch (error) {
      errors.push(`diagram ${index}: ${error.message}`);
    }
  }

  // Markup that a reader sees is markup that is broken.
  const raw = [];
  const texts = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  for (let node; (node = texts.nextNode()); ) {
    if (node.parentNode.closest("pre, code, svg, td")) continue;
    const seen = /\|\s*:?-{3}|<\/?(details|summary|sub|b)\b|```|~~~|\*\*|^\s*#{1,6} |\[!|\]\(|<!--/m.exec(node.data);
    if (seen) raw.push(node.data.slice(Math.max(0, seen.index - 20), seen.index + 40));
  }
  const told = {
    tables: all("table").length,
    rows: all("tbody tr").length,
    details: all("details").length,
    summaries: all("details > summary").map((summary) => summary.textContent),
    // Each ends where it should: none is inside of another.
    nested: all("details details").length,
    diagrams,
    headings: all("h1, h2, h3").map((heading) => heading.textContent),
    links: all("a").map((link) => link.href),
    // The first table, cell by cell.
    verdicts: [...(body.querySelector("table")?.tBodies[0]?.rows ?? [])].map((row) =>
      [...row.cells].map((cell) => cell.textContent)),
    foreign,
    raw,
    errors,
  };
  for (const details of all("details")) {
    const wanted = open.some((text) => details.querySelector("summary")?.textContent.includes(text));
    details.open = wanted || opened.includes(details);
  }
  return told;
}
