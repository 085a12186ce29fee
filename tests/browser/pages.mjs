// Goes through every page that a recipient meets, as different people do: with and without scripts, on a phone and on a desktop, by
// keyboard and by touch, enlarged, in the dark, from right to left. Arguments:
//   {"base": address of the pages, "stage": "first" or "confirm", "people": {view: {leaver, chooser, stopper: {unsubscribe,
//   preferences}, confirm}}, "others": {name: path of a page that is only looked at}, "pictures": folder or null}
// Gives for each view what the pages said, and one list of all that was wrong.
import { join } from "node:path";
import { check, listen, smuggle } from "./checks.mjs";
import { keyboard, pointer } from "./hands.mjs";

const PICTURE_HEIGHT_MAX = 1400;
const PHONE = { width: 390, height: 844, touch: true };
const DESKTOP = { width: 1280, height: 800 };
export const VIEWS = {
  phone: { ...PHONE, scripts: true, lang: "en" },
  "phone-plain": { ...PHONE, scripts: false, dark: true, lang: "en" },
  desktop: { ...DESKTOP, scripts: true, lang: "en" },
  "desktop-plain": { ...DESKTOP, scripts: false, dark: true, lang: "en" },
  // 1280 × 800 at 200 %, and a small phone, which is the same at 400 %.
  enlarged: { width: 640, height: 400, scale: 2, scripts: false, lang: "de" },
  arabic: { width: 320, height: 640, touch: true, scripts: true, lang: "ar" },
  hebrew: { ...DESKTOP, scripts: false, dark: true, lang: "he" },
};

// Those that the documentation shows: by view, and name of the page.
const PICTURES = {
  phone: { done: "opt-out-done", choices: "preferences", subscribe: "subscribe", confirm: "confirm", incomplete: "incomplete" },
  "phone-plain": { ask: "opt-out-dark", found: "find-dark" },
  arabic: { ask: "opt-out-arabic", choices: "preferences-arabic" },
  hebrew: { choices: "preferences-hebrew" },
  desktop: { saved: "preferences-desktop" },
};

export default async function (first, { arguments: given, context, axe }) {
  await first.close();
  const visited = Object.entries(VIEWS).map(async ([name, view]) => [name, await visit(name, view, given, context.browser(), axe)]);
  const all = Object.fromEntries(await Promise.all(visited));
  const wrong = Object.entries(all).flatMap(([view, { wrong }]) => wrong.map((line) => ({ view, ...line })));
  const seen = Object.fromEntries(Object.entries(all).map(([view, { seen }]) => [view, seen]));
  return { seen, wrong };
}

async function visit(name, view, given, browser, axe) {
  const options = {
    viewport: { width: view.width, height: view.height },
    deviceScaleFactor: view.scale ?? 1,
    isMobile: view.touch ?? false,
    hasTouch: view.touch ?? false,
    colorScheme: view.dark ? "dark" : "light",
    locale: view.lang,
  };
  const context = await browser.newContext({ ...options, javaScriptEnabled: view.scripts });
  const beside = await browser.newContext(options);
  const twin = await beside.newPage();
  const noise = listen(context, new URL(given.base).hostname);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const seen = {};
  const wrong = [];
  const hands = view.touch ? pointer(page, true) : keyboard(page, (finding) => wrong.push({ page: page.url().slice(0, 40), ...finding }));
  const look = async (of) => {
    wrong.push(...(await check(page, view, axe, twin)).map((finding) => ({ page: of, ...finding })));
    seen[of] = await page.locator("main").innerText();
    const picture = given.pictures && PICTURES[name]?.[of];
    if (picture) await paint(page, view, join(given.pictures, `${picture}.png`));
  };
  const speaks = async (lang) => {
    const root = await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]);
    if (root[0] !== lang || root[1] !== (["ar", "he"].includes(lang) ? "rtl" : "ltr")) wrong.push({ speaks: root, not: lang });
  };
  const at = { page, hands, look, speaks, seen, wrong, view, given, own: given.people[name], go: (path) => page.goto(given.base + path) };
  for (const flow of given.stage === "confirm" ? [confirm] : [optOut, choices, stop, landing, subscribe, find, others]) {
    // What ends one flow doesn't hide what the others have to tell.
    await flow(at, name).catch((error) => wrong.push({ flow: flow.name, error: String(error) }));
  }
  if (view.scripts) seen.stored = await page.evaluate(() => localStorage.length + sessionStorage.length);
  seen.cookies = (await context.cookies()).length;
  if (view.scripts) seen.smuggled = await smuggle(page, noise);
  await Promise.all([context.close(), beside.close()]);
  return { seen, wrong: [...wrong, ...noise] };
}

// The page, or as much of it as a picture may show.
async function paint(page, { width }, path) {
  const full = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(full, PICTURE_HEIGHT_MAX) } });
}

// Out in two steps; why, afterwards; back; out again.
async function optOut({ page, hands, look, speaks, seen, view, own, go }) {
  await go(own.leaver.unsubscribe);
  await speaks(view.lang);
  seen.before = await page.locator("button, input:not([type=hidden]), textarea").count();
  await look("ask");
  await hands.press("button[value=unsubscribe]");
  await look("done");
  await hands.choose("reason", "not-relevant");
  await hands.type("textarea", view.lang);
  await hands.press("button[value=reason]");
  await look("thanked");
  await hands.press("button[value=undo]");
  await look("undone");
  await hands.press("button[value=unsubscribe]");
  await go(own.leaver.unsubscribe);
  await look("out");
}

// Every setting is changed, the language last, since the page speaks it then. Everything must be as it was set.
async function choices({ page, hands, look, speaks, wrong, view, own, go, seen }) {
  await go(own.chooser.preferences);
  await speaks(view.lang);
  await look("choices");
  const settings = await page.evaluate(() =>
    [...document.querySelectorAll("input[name^='was-']")].map((was) => {
      const name = was.name.slice(4);
      const radios = [...document.querySelectorAll(`input[type=radio][name="${name}"]`)].map((radio) => radio.value);
      const options = [...document.querySelectorAll(`select[name="${name}"] option`)].map((option) => option.value);
      return { name, was: was.value, radios, options };
    }),
  );
  const chosen = {};
  for (const { name, was, radios, options } of settings) {
    const others = [...radios, ...options].filter((value) => value !== was);
    // A list that isn't in use has nothing to choose.
    if (name === "language" || others.length === 0) continue;
    chosen[name] = others.at(name === "pause" ? 0 : -1);
    if (radios.length > 0) await hands.choose(name, chosen[name]);
    else await hands.select(name, chosen[name]);
  }
  seen.settings = Object.keys(chosen).sort();
  await hands.press("button[value=save]");
  await look("saved");
  await go(own.chooser.preferences);
  const kept = await page.evaluate(() =>
    Object.fromEntries([...document.querySelectorAll("input[name^='was-']")].map((was) => [was.name.slice(4), was.value])),
  );
  for (const [name, value] of Object.entries(chosen)) {
    if (kept[name] !== (name === "pause" ? "kept" : value)) wrong.push({ setting: name, chosen: value, kept: kept[name] });
  }
  const language = view.lang === "en" ? "pt" : "en";
  await hands.select("language", language);
  await hands.press("button[value=save]");
  await speaks(language);
}

async function stop({ hands, look, own, go }) {
  await go(own.stopper.preferences);
  await hands.press("button[value=stop-all]");
  await look("stopped");
}

// A page of the brand's own, in its own language whoever reads it.
async function landing({ hands, look, own, go }) {
  await go(own.stopper.landing);
  await look("landing");
  await hands.tick("input[type=checkbox]");
  await hands.press("main form button");
  await look("landed");
}

// The form without the box ticked, as a browser sends it that doesn't ask for it by itself; then as it should be.
async function subscribe({ page, hands, look, speaks, view, go }, name) {
  await go(`/lists/news?lang=${view.lang}`);
  await speaks(view.lang);
  await look("subscribe");
  await hands.type("#address", `join-${name}@example.com`);
  await page.locator("form").evaluate((form) => (form.noValidate = true));
  await hands.press("main form button");
  await look("terms");
  await hands.tick("input[name=agree]");
  await hands.press("main form button");
  await look("check");
  await hands.press("main form button");
  await look("again");
}

async function find({ page, hands, look, speaks, view, go }) {
  await go(`/choices?lang=${view.lang}`);
  await speaks(view.lang);
  await look("find");
  await hands.type("#address", "eve at example");
  await hands.press("main form button");
  await look("malformed");
  await hands.type("#address", "eve@example.com");
  await hands.press("main form button");
  await look("found");
}

// Links that are broken, have ended, are outdated; lists that aren't open.
async function others({ hands, look, go, given, speaks, view, seen, page }) {
  for (const [of, path] of Object.entries(given.others)) {
    await go(path);
    await look(of);
  }
  // Whose link is broken gets to another one.
  await go(given.others.incomplete);
  await hands.press("a.target");
  await speaks(view.lang);
  seen.way = new URL(page.url()).pathname;
}

async function confirm({ page, hands, look, speaks, seen, view, own, go }) {
  await go(own.confirm);
  await speaks(view.lang);
  seen.buttons = await page.locator("button").count();
  await look("confirm");
  await hands.press("button[value=confirm]");
  await look("joined");
}
