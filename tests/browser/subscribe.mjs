// Joins a list and asks for one's choices as a person does, on pages without scripts: on a phone, at 320 px in the dark, on a
// desktop, and by keyboard. Arguments: {"base": address of the pages, "confirm": path of a link that confirms, "pictures":
// folder or null}. Gives what each page said, what axe found, what was loaded from elsewhere and what the console said.
import { join } from "node:path";

export default async function (page, { arguments: { base, confirm, pictures }, context, axe }) {
  const seen = {};
  const findings = [];
  const foreign = [];
  const said = [];
  context.on("request", (request) => {
    if (new URL(request.url()).hostname !== "127.0.0.1") foreign.push(request.url());
  });
  page.on("console", (message) => said.push(message.text()));
  const look = async (name) => {
    for (const [view, width, colorScheme] of [["phone", 390, "light"], ["small", 320, "dark"], ["desktop", 1280, "light"]]) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      findings.push(...(await axe(page)).map((finding) => ({ page: name, view, ...finding })));
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) findings.push({ page: name, view, wide: true });
      if (pictures) await page.screenshot({ path: join(pictures, `${name}-${view}.png`), fullPage: true });
    }
    seen[name] = (await page.locator("main").innerText()).trim();
  };

  const go = (act) => Promise.all([page.waitForEvent("load"), act()]);

  await page.goto(`${base}/lists/news?lang=en`);
  await look("subscribe");
  // By keyboard alone; the browser itself asks for the box, the server does where a browser doesn't.
  await page.keyboard.press("Tab");
  await page.keyboard.type("eve@example.com");
  await page.locator("form").evaluate((form) => (form.noValidate = true));
  await go(() => page.keyboard.press("Enter"));
  await look("terms");
  await page.locator("input[type=checkbox]").press("Space");
  await page.keyboard.press("Tab");
  await go(() => page.keyboard.press("Enter"));
  await look("check");
  await go(() => page.getByRole("button", { name: "Send it once more" }).click());
  await look("again");

  await page.goto(`${base}${confirm}`);
  seen.buttons = await page.locator("button").count();
  await look("confirm");
  await go(() => page.getByRole("button", { name: "Yes, subscribe me" }).click());
  await look("joined");

  await page.goto(`${base}/choices?lang=en`);
  await look("find");
  await page.locator("#address").fill("eve at example");
  await go(() => page.locator("#address").press("Enter"));
  await look("malformed");
  await page.locator("#address").fill("eve@example.com");
  await go(() => page.getByRole("button", { name: "Send me the link" }).click());
  await look("found");
  await page.goto(`${base}/lists/quick?lang=en&by=sms`);
  await look("no-sender");
  seen.cookies = (await context.cookies()).length;
  return { seen, findings, foreign, said };
}
