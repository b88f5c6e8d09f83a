// The pages that the tests look at, written by the release binary, and the browser that shows them.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import puppeteer from "puppeteer-core";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const candor = process.env.CANDOR ?? join(root, "target", "release", "candor");
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** A folder with the pages; it is gone when the tests end. */
const folder = mkdtempSync(join(tmpdir(), "candor-browser-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** What must be shown as text and do nothing: markup, ends of scripts, quotes, directions. */
export const HOSTILE = [
  "<script>window.hacked = 1</script>",
  "</script></main><img src=x onerror=window.hacked=1>",
  "\"'><svg onload=window.hacked=1>",
  "]]>",
  "{{ 7 * 7 }}{% raw %}",
  "\u202edrawkcab\u202c \u2066x\u2069",
];

/** The same as it is to be read. */
export const AS_TEXT = [
  "<script>window.hacked = 1</script>",
  "</script></main><img src=x onerror=window.hacked=1>",
  "\"'><svg onload=window.hacked=1>",
  "]]>",
  "{{ 7 * 7 }}{% raw %}",
  "\\u{202e}drawkcab\\u{202c} \\u{2066}x\\u{2069}",
];

/** The name of the hostile answer, as it is to be read. */
export const NAME_AS_TEXT = "<b onclick=alert(1)>\"'&amp; \\u{202e}\u2407\u241b[2J.txt";

/** An answer in which each of them stands, with a story around it, so that it is judged. */
const story = (first) =>
  [
    `Six weeks before the cutover I saw that two teams owned the export ${first} and neither watched it.`,
    `I told both leads that the go/no-go was mine ${HOSTILE[1]} and asked each for one name.`,
    `We met ${HOSTILE[2]} every day and wrote ${HOSTILE[3]} down what was open ${HOSTILE[4]} by name.`,
    `I moved the jobs ${HOSTILE[5]} behind one gate, because a late file cost 40 shops a day.`,
    `Failures fell from 9 a week to 1 \u0007 and stayed there for half a year.`,
  ].join(" ");

function write(name, text) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Runs candor in the repository; it may find mistakes, and must not fail. */
function page(name, args) {
  const out = join(folder, `${name}.html`);
  const all = [...args, "--no-config", "--format", "html", "-o", out];
  const run = spawnSync(candor, all, { cwd: root, encoding: "utf8" });
  if (run.error || run.status > 1 || !existsSync(out)) {
    throw new Error(`${candor} ${all.join(" ")}: ${run.error ?? run.stderr}`);
  }
  return { name, path: out, url: pathToFileURL(out).href, html: readFileSync(out, "utf8") };
}

/** Every page, by name. */
export function pages() {
  // A path can hold everything but a slash and NUL; in plain text, unlike Markdown, tags are words.
  const name = "<b onclick=alert(1)>\"'&amp; \u202e\u0007\u001b[2J.txt";
  const hostile = write(name, `---\nquestion: ${HOSTILE[0]} "why"?\n---\n\n${story(HOSTILE[0])}\n`);
  const mended = write("mended.txt", `${story("in May")} I now check ${HOSTILE[0]} every release.\n`);
  const records = ["weak", "middling", "strong", "not-an-answer"].map((example, i) => {
    const kind = example === "not-an-answer" ? "txt" : "md";
    const text = readFileSync(join(root, "examples", `${example}.${kind}`), "utf8");
    return JSON.stringify({ id: `${HOSTILE[i]} ${example}`, text: text.split("---").at(-1), question: HOSTILE[i] });
  });
  const bank = write("hostile.jsonl", `${records.join("\n")}\n{"id": "${"<i>no text</i>"}"}\nno JSON <u>\n`);
  // A school's bank, in which every third story is mended, one in ten is worse, and some are new or gone.
  const pupil = (n, kind) =>
    JSON.stringify({ id: `pupil ${n}`, text: readFileSync(join(root, "examples", `${kind}.md`), "utf8").split("---").at(-1) });
  const numbers = Array.from({ length: 40 }, (_, i) => i + 1);
  const later = (n) => (n % 3 === 0 ? "weak-mended" : n % 10 === 0 ? "weak" : "middling");
  const term = [
    write("autumn.jsonl", numbers.map((n) => pupil(n, n % 3 === 0 ? "weak" : "middling")).join("\n")),
    write("spring.jsonl", numbers.slice(3).map((n) => pupil(n, later(n))).concat(pupil("of last week", "strong")).join("\n")),
  ];
  // The same hostile names in both banks, whose own are hostile too; what is taken out and new is hostile as well.
  const named = (ids, kind) =>
    ids.map((id) => JSON.stringify({ id, text: kind === "weak" ? "We did it. It was hard. We all helped." : story("in May") }));
  const before = write(`old ${name}.jsonl`, [...named(HOSTILE.slice(0, 5), "weak"), `{"id": "<u>no text</u>"}`].join("\n"));
  const now = write(`new ${name}.jsonl`, [...named(HOSTILE.slice(1), "strong"), "no JSON <i>"].join("\n"));
  const example = (file) => join("examples", file);
  return {
    critique: page("critique", ["critique", example("middling.md")]),
    several: page("several", [
      "critique",
      ...["weak.md", "strong.md", "to-the-grader.md", "not-an-answer.txt", "weak.md"].map(example),
    ]),
    hostile: page("hostile", ["critique", hostile]),
    bank: page("bank", ["bank", example("bank")]),
    records: page("records", [
      "bank",
      ...["records.jsonl", "rows.csv", "several.md"].map((file) => join("tests", "cmd", "bank", file)),
      example("bank"),
      "-q",
      "Tell me about a release.",
    ]),
    "hostile-bank": page("hostile-bank", ["bank", bank, "-q", HOSTILE[0]]),
    compare: page("compare", ["compare", example("weak.md"), example("weak-mended.md")]),
    "hostile-compare": page("hostile-compare", ["compare", hostile, mended]),
    banks: page("banks", ["compare", example("bank"), example("bank-later")]),
    "school-banks": page("school-banks", ["compare", ...term]),
    "hostile-banks": page("hostile-banks", ["compare", before, now]),
    "no-verdict": page("no-verdict", ["compare", example("not-an-answer.txt"), example("to-the-grader.md")]),
  };
}

/** A headless browser; as root Chromium runs without its sandbox only. */
export function browser() {
  if (!existsSync(chromium)) {
    throw new Error(`no Chromium at ${chromium}; install it, or name it in CHROMIUM`);
  }
  const root = process.getuid?.() === 0;
  return puppeteer.launch({
    executablePath: chromium,
    args: [...(root ? ["--no-sandbox"] : []), "--disable-dev-shm-usage", "--force-color-profile=srgb"],
  });
}

/** Fails early, and not in the middle, where there is no binary. */
execFileSync(candor, ["--version"]);
