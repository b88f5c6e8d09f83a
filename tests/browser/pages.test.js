// The pages as people meet them: in a browser, light and dark, narrow and wide, by mouse, by keyboard, in print and
// without scripts. SHOTS=folder keeps a picture of each.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import axe from "axe-core";

import { AS_TEXT, NAME_AS_TEXT, browser, pages } from "./setup.js";

const WIDTHS = [390, 1280];
const SCHEMES = ["light", "dark"];
const shots = process.env.SHOTS;

const all = pages();
let chrome;

before(async () => {
  chrome = await browser();
  if (shots) {
    mkdirSync(shots, { recursive: true });
  }
});
after(() => chrome?.close());

/** Opens a page, hands it on, and fails on whatever it says or asks for. */
async function visit({ url }, { width = 1280, scheme = "light", scripts = true }, look) {
  const tab = await chrome.newPage();
  const faults = [];
  tab.on("console", (message) => faults.push(`console: ${message.text()}`));
  tab.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  tab.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  tab.on("request", (request) => {
    if (request.url().split("#")[0] !== url) {
      faults.push(`request: ${request.url()}`);
    }
  });
  await tab.setJavaScriptEnabled(scripts);
  await tab.setViewport({ width, height: 900 });
  await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await tab.goto(url, { waitUntil: "load" });
  const result = await look(tab);
  assert.deepEqual(faults, []);
  await tab.close();
  return result;
}

const shown = (tab, selector) =>
  tab.$$eval(selector, (found) => found.filter((e) => e.checkVisibility()).map((e) => e.dataset.role));

for (const [name, page] of Object.entries(all)) {
  describe(name, { concurrency: availableParallelism() }, () => {
    for (const scheme of SCHEMES) {
      for (const width of WIDTHS) {
        test(`is quiet, fits and can be read by all, ${scheme}, ${width} wide`, async () => {
          await visit(page, { width, scheme }, async (tab) => {
            const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            assert.ok(wide <= 0, `${wide} pixels too wide`);
            if (shots) {
              const path = join(shots, `${name}-${width}-${scheme}.png`);
              await tab.screenshot({ path, fullPage: true });
            }
            await tab.$$eval("details", (found) => found.forEach((box) => { box.open = true; }));
            await tab.evaluate(axe.source);
            const result = await tab.evaluate(() => window.axe.run(document));
            const said = result.violations.map((v) => `${v.impact} ${v.id}: ${v.nodes[0].html}`);
            assert.deepEqual(said, []);
            assert.ok(result.passes.some((rule) => rule.id === "color-contrast"), "contrast was looked at");
          });
        });
      }
    }

    test("says everything without scripts", async () => {
      const text = (tab) => tab.$eval("main", (main) => main.textContent.replace(/\s+/g, " "));
      const without = await visit(page, { scripts: false }, async (tab) => {
        assert.deepEqual(await shown(tab, ".filter"), [], "what can do nothing is not there");
        return text(tab);
      });
      const strip = (t) => t.replace(/\s+/g, "");
      assert.equal(strip(await visit(page, {}, text)), strip(without));
    });

    test("prints all of it", async () => {
      await visit(page, {}, async (tab) => {
        await tab.emulateMediaType("print");
        await tab.setViewport({ width: 700, height: 900 });
        assert.deepEqual(await shown(tab, ".filter"), [], "no controls");
        const folded = await tab.$$eval("details > :not(summary)", (found) =>
          found.filter((e) => !e.checkVisibility({ contentVisibilityAuto: true })).length);
        assert.equal(folded, 0, "nothing is folded");
        const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${wide} pixels too wide`);
        const pdf = await tab.pdf({ format: "A4", ...(shots && { path: join(shots, `${name}.pdf`) }) });
        assert.equal(Buffer.from(pdf.subarray(0, 5)).toString(), "%PDF-");
      });
    });

    test("has headings in order, landmarks and a language", async () => {
      await visit(page, {}, async (tab) => {
        const levels = await tab.$$eval("h1, h2, h3, h4", (all) => all.map((h) => Number(h.tagName[1])));
        levels.reduce((last, level) => {
          assert.ok(level <= last + 1, levels.join(" "));
          return level;
        }, 0);
        assert.equal(await tab.$eval("html", (html) => html.lang), "en-GB");
        assert.equal((await tab.$$("header, main, footer")).length, 3);
        const tables = await tab.$$eval("table", (all) =>
          all.map((t) => t.caption !== null && [...t.querySelectorAll("th")].every((h) => h.scope)));
        assert.ok(tables.every(Boolean), "captions and scopes");
      });
    });
  });
}

describe("hostile text", () => {
  for (const name of ["hostile", "hostile-bank", "hostile-compare", "hostile-banks"]) {
    test(`is text: ${name}`, async () => {
      const page = all[name];
      assert.doesNotMatch(page.html, /[\u202a-\u202e\u2066-\u2069\u0000-\u0009\u000b-\u001f]/, "no direction, no control");
      await visit(page, {}, async (tab) => {
        assert.equal(await tab.evaluate(() => window.hacked), undefined);
        assert.equal((await tab.$$("main script, main img, main b, main i, main u, main [onclick], svg [onload]")).length, 0);
        const text = await tab.$eval("main", (main) => main.textContent);
        const known = name === "hostile-bank" ? AS_TEXT.slice(0, 4) : [...AS_TEXT, NAME_AS_TEXT];
        for (const part of known) {
          assert.ok(text.includes(part), part);
        }
      });
    });
  }
});

describe("the filter by role", () => {
  const lines = ".lines > li";
  const told = (tab) => tab.$eval(".count", (count) => count.textContent);

  test("works by mouse", async () => {
    await visit(all.critique, {}, async (tab) => {
      const before = await shown(tab, lines);
      assert.ok(new Set(before).size > 2 && (await told(tab)) === "");
      await tab.locator(".filter ::-p-text(Action)").click();
      const actions = await shown(tab, lines);
      assert.ok(actions.length > 0 && actions.every((role) => role === "action"), actions.join());
      assert.equal(await told(tab), `${actions.length} of ${before.length} sentences shown`);
      await tab.locator(".filter label").click();
      assert.deepEqual(await shown(tab, lines), before);
    });
  });

  test("works by keyboard, and its focus is seen", async () => {
    await visit(all.critique, {}, async (tab) => {
      const before = await shown(tab, lines);
      await tab.focus(".filter input");
      await tab.keyboard.press("ArrowRight");
      const outline = await tab.$eval(".filter input:focus + span", (e) => getComputedStyle(e).outlineStyle);
      assert.equal(outline, "solid");
      const context = await shown(tab, lines);
      assert.ok(context.length < before.length && context.every((role) => role === "context"), context.join());
      assert.match(await told(tab), /^\d+ of \d+ sentences shown$/);
    });
  });

  test("gives way to a link to what it hides", async () => {
    await visit(all.critique, {}, async (tab) => {
      await tab.locator(".filter ::-p-text(Context)").click();
      await tab.evaluate(() => document.querySelector(".mend .refs a").click());
      await tab.waitForFunction(() => document.querySelector(":target")?.checkVisibility());
      assert.equal(await told(tab), "");
    });
  });
});

describe("the table of stories", () => {
  const column = (tab, n) =>
    tab.$$eval(`#stories tr > :nth-child(${n})`, (cells) => cells.map((cell) => cell.dataset.value));
  const ascends = (values) => {
    const known = values.filter((v) => v !== "").map(Number);
    assert.deepEqual(known, known.toSorted((a, b) => a - b));
    assert.ok(values.lastIndexOf("") === -1 || values.indexOf("") === known.length, "those without come last");
  };

  test("sorts by mouse", async () => {
    await visit(all["hostile-bank"], {}, async (tab) => {
      const score = await tab.$("thead th:nth-child(4) button");
      const records = await column(tab, 4);
      await score.click();
      const up = await column(tab, 4);
      ascends(up);
      assert.deepEqual(up.toSorted(), records.toSorted());
      assert.equal(await tab.$eval("thead th:nth-child(4)", (th) => th.ariaSort), "ascending");
      assert.equal((await tab.$$("thead th[aria-sort]")).length, 1);
      await score.click();
      const down = (await column(tab, 4)).filter((v) => v !== "");
      assert.deepEqual(down.map(Number), up.filter((v) => v !== "").map(Number).toReversed());
      assert.equal(await tab.$eval("thead th:nth-child(4)", (th) => th.ariaSort), "descending");
    });
  });

  test("sorts by keyboard", async () => {
    await visit(all.records, {}, async (tab) => {
      for (const [n, key] of [[3, "Enter"], [4, "Space"]]) {
        await tab.focus(`thead th:nth-child(${n}) button`);
        await tab.keyboard.press(key);
        ascends(await column(tab, n));
      }
      await tab.focus("thead th:nth-child(2) button");
      await tab.keyboard.press("Enter");
      const names = await column(tab, 2);
      const words = new Intl.Collator("en-GB", { numeric: true });
      assert.deepEqual(names, names.toSorted(words.compare));
    });
  });

  test("is searched, and a link opens what is folded", async () => {
    await visit(all.records, {}, async (tab) => {
      const before = (await shown(tab, "#stories tr")).length;
      await tab.type("#find", "COLD");
      assert.equal((await shown(tab, "#stories tr")).length, 1);
      assert.equal(await tab.$eval(".count", (count) => count.textContent), `1 of ${before} stories shown`);
      await tab.evaluate(() => document.querySelector("#stories tr:not([hidden]) a").click());
      await tab.waitForFunction(() => document.querySelector(":target")?.checkVisibility());
      assert.equal(await tab.$eval(":target", (target) => target.closest("details").open), true);
    });
  });
});

describe("the table of two banks", () => {
  const rows = "#stories tr";
  const scores = (tab) =>
    tab.$$eval(`${rows} > :nth-child(6)`, (cells) => cells.map((cell) => cell.dataset.value).filter(Boolean).map(Number));

  test("is filtered by what became of a story and by its name, and both hold", async () => {
    await visit(all["school-banks"], {}, async (tab) => {
      const before = (await shown(tab, rows)).length;
      await tab.locator(".filter ::-p-text(better)").click();
      const better = await shown(tab, rows);
      assert.ok(better.length > 5 && better.length < before && better.every((role) => role === "better"), better.join());
      await tab.type("#find", "PUPIL 12");
      assert.deepEqual(await shown(tab, rows), ["better"]);
      assert.equal(await tab.$eval(".count", (count) => count.textContent), `1 of ${before} stories shown`);
      await tab.evaluate(() => document.querySelector("#stories tr:not([hidden]) a").click());
      await tab.waitForFunction(() => document.querySelector(":target")?.checkVisibility());
      assert.equal(await tab.$eval(":target", (target) => target.closest("details").open), true);
    });
  });

  test("sorts by what each story gained", async () => {
    for (const width of WIDTHS) {
      await visit(all["school-banks"], { width }, async (tab) => {
        await tab.focus("thead th:nth-child(6) button");
        await tab.keyboard.press("Enter");
        const up = await scores(tab);
        assert.deepEqual(up, up.toSorted((a, b) => a - b));
        assert.ok(up.length > 30 && up[0] < 0 && up.at(-1) > 0, up.join());
      });
    }
  });

  test("is a table for a screen reader where its rows are stacked too, and no row is cut", async () => {
    await visit(all["school-banks"], { width: 390 }, async (tab) => {
      const tree = await tab.accessibility.snapshot({ interestingOnly: false });
      const count = (node, role) =>
        (node.role === role) + (node.children ?? []).reduce((sum, child) => sum + count(child, role), 0);
      const heads = await tab.$$eval("th[scope=row]", (found) => found.length);
      assert.equal(count(tree, "rowheader"), heads);
      const box = await tab.$eval("#stories", (e) => e.closest(".scroll").scrollWidth - e.closest(".scroll").clientWidth);
      assert.ok(box <= 0, `${box} pixels cut`);
    });
  });
});

describe("the versions side by side", () => {
  test("are side by side where there is room", async () => {
    const left = (tab, side) => tab.$eval(`.rewritten .${side}`, (e) => e.getBoundingClientRect().left);
    const beside = (width) =>
      visit(all.compare, { width }, async (tab) => (await left(tab, "new")) > (await left(tab, "old")));
    assert.equal(await beside(1280), true);
    assert.equal(await beside(390), false);
  });

  test("mark words without colour too", async () => {
    await visit(all.compare, {}, async (tab) => {
      const style = (name) => tab.$eval(name, (e) => {
        const { textDecorationLine, borderBottomStyle } = getComputedStyle(e);
        return `${textDecorationLine} ${borderBottomStyle}`;
      });
      assert.equal(await style(".rewritten del"), "line-through none");
      assert.equal(await style(".rewritten ins"), "none solid");
    });
  });
});
