// Two ways to use a page: by keyboard alone, and by pointing. Both find what a person would find: by keyboard a thing is reached
// only by Tab, and what can't be reached, or doesn't show that it has the focus, is told to `finding`.
const TABS_MAX = 80;
const ARROWS_MAX = 40;

// What has the focus, and whether that can be seen.
const focused = (page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    const { top, bottom } = at.getBoundingClientRect();
    return {
      tag: at.tagName.toLowerCase(),
      name: at.getAttribute("name") ?? "",
      value: "value" in at ? at.value : "",
      checked: at.checked === true,
      ring: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
      inSight: bottom > 0 && top < innerHeight,
    };
  });
const isAt = (page, selector) => page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, selector);

export function keyboard(page, finding) {
  const reach = async (selector) => {
    for (let tabs = 0; tabs < TABS_MAX; tabs++) {
      if (await isAt(page, selector)) return;
      await page.keyboard.press("Tab");
      const at = await focused(page);
      if (at && !at.ring) finding({ focus: "can't be seen", at });
      if (at && !at.inSight) finding({ focus: "is out of sight", at });
    }
    throw new Error(`Tab never reaches ${selector} on ${page.url()}`);
  };
  const arrow = async (selector, value, taken) => {
    await reach(selector);
    for (let arrows = 0; arrows < ARROWS_MAX; arrows++) {
      const at = await focused(page);
      if (at.value === value && taken(at)) return;
      await page.keyboard.press(at.value === value ? "Space" : "ArrowDown");
    }
    throw new Error(`no key chooses ${value} of ${selector}`);
  };
  return {
    press: async (selector) => {
      await reach(selector);
      await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    },
    choose: (name, value) => arrow(`input[type=radio][name="${name}"]`, value, (at) => at.checked),
    select: (name, value) => arrow(`select[name="${name}"]`, value, () => true),
    tick: async (selector) => {
      await reach(selector);
      await page.keyboard.press("Space");
    },
    type: async (selector, text) => {
      await reach(selector);
      await page.keyboard.press("ControlOrMeta+A");
      await page.keyboard.type(text);
    },
  };
}

export function pointer(page, touch) {
  const hit = (selector) => (touch ? page.locator(selector).tap() : page.locator(selector).click());
  return {
    press: (selector) => Promise.all([page.waitForEvent("load"), hit(selector)]),
    // On its words, as people do.
    choose: (name, value) => hit(`label:has(input[type=radio][name="${name}"][value="${value}"])`),
    select: (name, value) => page.locator(`select[name="${name}"]`).selectOption(value),
    tick: (selector) => hit(`label:has(${selector})`),
    type: (selector, text) => page.locator(selector).fill(text),
  };
}
