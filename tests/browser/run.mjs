// Runs one browser script: opens Chromium with an empty profile, hands the script a page, prints what it returns.
// Standard input: {"script": path, "arguments": any, "chromium": path, "profile": folder}. The last line of standard
// output: {"result": any} or {"error": text}. A script is a module with
//   export default async function (page, { arguments, context, axe }) { ... }
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { text } from "node:stream/consumers";
import { chromium } from "playwright-core";

// As root there is no sandbox; the rest keeps the browser from calling its maker at every start.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

// What axe-core finds against WCAG 2.2 AA on `page`: [{id, impact, help, nodes: [selector]}], empty when all is well.
// Works under any content security policy.
async function axe(page) {
  const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(source);
  const { violations } = await page.evaluate(
    (tags) => globalThis.axe.run(document, { runOnly: { type: "tag", values: tags } }),
    WCAG_22_AA,
  );
  return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map((n) => n.target.join(" ")) }));
}

async function run(request) {
  const script = await import(pathToFileURL(request.script));
  const context = await chromium.launchPersistentContext(request.profile, {
    executablePath: request.chromium,
    headless: true,
    args: FLAGS,
  });
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    return (await script.default(page, { arguments: request.arguments, context, axe })) ?? null;
  } finally {
    await context.close();
  }
}

const answer = await run(JSON.parse(await text(process.stdin))).then(
  (result) => ({ result }),
  (error) => ({ error: String(error?.stack ?? error) }),
);
process.stdout.write(`\n${JSON.stringify(answer)}\n`);
