// Goes through the running demo as a person does, in a real browser, without JavaScript wherever a recipient looks.
// Arguments: {"base": address of the demo, "pictures": folder or null}. Gives what each page said and what axe found.
import { join } from "node:path";

// Those that the README shows.
const PICTURES = ["demo", "mailbox", "opt-out", "choices"];

export default async function (page, { arguments: { base, pictures }, context, axe }) {
  const seen = {};
  const findings = [];
  const foreign = [];
  context.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol !== "data:" && hostname !== "127.0.0.1") foreign.push(hostname);
  });
  const look = async (name, view = page) => {
    findings.push(...(await axe(view)).map((finding) => ({ page: name, ...finding })));
    seen[name] = (await view.locator("h1").first().innerText()).trim();
    if (pictures && PICTURES.includes(name)) await view.screenshot({ path: join(pictures, `${name}.png`) });
  };
  const open = async (person) => {
    await page.goto(`${base}/mail?q=${encodeURIComponent(`${person}@`)}`);
    await page.locator(".mails a", { hasText: "Lumen Coffee" }).first().click();
    await page.locator("iframe").waitFor();
    return page.frameLocator("iframe");
  };
  const follow = async (link) => {
    const [opened] = await Promise.all([context.waitForEvent("page"), link.click()]);
    await opened.waitForLoadState();
    return opened;
  };
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(base);
  await look("demo");

  // "Unsubscribe" beside the sender.
  await open("person15");
  await look("mailbox");
  await page.getByRole("button", { name: "Unsubscribe" }).click();
  seen.oneClick = await page.locator("main").innerText();

  // The link in the body: one page, one button; then undo.
  const mail = await open("person16");
  const phone = await follow(mail.locator("a").first());
  await phone.setViewportSize({ width: 390, height: 720 });
  await look("opt-out", phone);
  seen.buttons = await phone.locator("button").count();
  seen.scripts = await phone.locator("script").count();
  await phone.locator("button").first().click();
  await look("done", phone);
  await phone.getByRole("button", { name: /undo|rückgängig|annuler|deshacer/i }).click();
  await look("undone", phone);

  // The page of choices.
  const choices = await follow(mail.locator("a").last());
  await look("choices", choices);
  await choices.locator("button[value=stop-all]").click();
  await look("stopped", choices);

  // A link that is incomplete, on the smallest screen, in the dark.
  await choices.emulateMedia({ colorScheme: "dark" });
  await choices.setViewportSize({ width: 320, height: 640 });
  await choices.goto(choices.url().slice(0, -4).replace("/p/", "/u/"));
  await look("broken", choices);
  seen.overflow = await choices.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  await choices.close();
  await phone.close();

  // A phone: a reply in any words, and the answer in sight, also on the smallest screen in the dark.
  await page.goto(`${base}/phone`);
  await look("phones");
  await page.locator(".mails a").first().click();
  const answered = async (text) => {
    await page.getByLabel("Reply as the phone").fill(text);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.waitForLoadState();
    const last = page.locator(".bubble").last();
    const inSight = await last.evaluate((bubble) => {
      const { top, bottom } = bubble.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    });
    return { text: await last.innerText(), inSight };
  };
  seen.texted = await answered("pls stop texting me");
  await look("phone");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 320, height: 640 });
  seen.texted320 = await answered("please sign me up again");
  await look("phone320");
  seen.phoneOverflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 800 });

  // Send again: both are left out.
  await page.goto(base);
  await page.getByRole("button", { name: "Send again" }).click();
  await page.waitForLoadState();
  await look("again");
  return { seen, findings, foreign };
}
