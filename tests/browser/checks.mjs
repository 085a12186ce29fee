// What must be true of every page that a recipient meets, whatever it says.
const PAGE_BYTES_MAX = 30_000;
const TARGET_PIXELS_MIN = 44;
// The browser's own words for a page that isn't a 200, which says so on purpose.
const STATUS = /^Failed to load resource: the server responded with a status of [45]\d\d/;

// Listens to all that the browser asks for and says. Gives the list of what shouldn't be.
export function listen(context, home) {
  const noise = [];
  context.on("request", (request) => {
    const { hostname } = new URL(request.url());
    if (hostname !== home) noise.push({ foreign: request.url() });
    else if (request.resourceType() !== "document") noise.push({ loaded: request.url() });
  });
  context.on("console", (message) => STATUS.test(message.text()) || noise.push({ said: message.text() }));
  context.on("weberror", (error) => noise.push({ failed: String(error.error()) }));
  context.on("response", async (response) => {
    const headers = await response.allHeaders().catch(() => ({}));
    const policy = headers["content-security-policy"] ?? "";
    const page = (headers["content-type"] ?? "").startsWith("text/html");
    if (page && !(policy.includes("default-src 'none'") && policy.includes("frame-ancestors 'none'"))) noise.push({ policy });
    if (/unsafe|\*|data:|script-src/.test(policy)) noise.push({ policy });
    if (headers["set-cookie"]) noise.push({ cookie: response.url() });
    // The token in the address is nobody else's business.
    if (page && headers["referrer-policy"] !== "no-referrer") noise.push({ referrer: headers["referrer-policy"] });
    const bytes = page ? (await response.body().catch(() => "")).length : 0;
    if (bytes > PAGE_BYTES_MAX) noise.push({ bytes, of: response.url() });
  });
  return noise;
}

// Everything that can be wrong with a page as it stands. `twin` is a page of the same kind on which scripts run.
export async function check(page, view, axe, twin) {
  const found = await page.evaluate(
    ({ width, targetMin }) => {
      const wrong = [];
      const root = document.documentElement;
      const seen = (element) => element.getClientRects().length > 0;
      const text = (element) => element.innerText?.trim().slice(0, 40);
      if (root.scrollWidth > width) wrong.push({ wide: root.scrollWidth });
      for (const element of document.querySelectorAll("main *")) {
        const { left, right } = element.getBoundingClientRect();
        if (seen(element) && (left < 0 || right > width)) wrong.push({ outside: element.tagName, text: text(element) });
      }
      // Twice the letters, as people set in their browser who can't read small ones.
      root.style.fontSize = "200%";
      if (root.scrollWidth > width) wrong.push({ wideInLargeLetters: root.scrollWidth });
      const grown = parseFloat(getComputedStyle(document.querySelector("h1")).fontSize);
      root.style.fontSize = "";
      const usual = parseFloat(getComputedStyle(document.querySelector("h1")).fontSize);
      if (grown < usual * 1.9) wrong.push({ lettersStaySmall: [usual, grown] });
      // What is hit: of a button in a label its words too.
      for (const element of document.querySelectorAll("a, button, select, textarea, input:not([type=hidden])")) {
        const target = element.closest("label") ?? element;
        const { width, height } = target.getBoundingClientRect();
        if (seen(target) && (height < targetMin || width < targetMin)) wrong.push({ target: target.outerHTML.slice(0, 90), width, height });
      }
      if (document.querySelectorAll("h1").length !== 1) wrong.push({ headings: document.querySelectorAll("h1").length });
      if (!document.title.includes(document.querySelector("h1").innerText.trim())) wrong.push({ title: document.title });
      if (document.querySelector("script, body [style], link, iframe, img, object")) wrong.push({ active: "script, style or picture" });
      if (getComputedStyle(root).direction !== root.dir) wrong.push({ direction: root.dir });
      return wrong;
    },
    { width: view.width, targetMin: TARGET_PIXELS_MIN },
  );
  // axe waits by timers, which stand still where scripts are off: there it reads the same page beside.
  if (!view.scripts) await twin.setContent(await page.content());
  found.push(...(await axe(view.scripts ? page : twin)));
  return found;
}

// That the policy is in force, and that `listen` would have heard it: a script and a picture that somebody smuggled in.
export async function smuggle(page, noise) {
  const before = noise.length;
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'smuggled'";
    const picture = document.createElement("img");
    picture.src = "https://elsewhere.example/pixel";
    document.body.append(script, picture);
  });
  await page.waitForTimeout(300);
  const heard = noise.splice(before);
  const ran = (await page.title()) === "smuggled";
  const refused = heard.filter((line) => line.said?.includes("Content Security Policy")).length;
  return { ran, refused, noticed: heard.some((line) => line.foreign) };
}
