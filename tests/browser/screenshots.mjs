// Takes one picture per page. Arguments: {"base": address, "pages": [{"path": "/..", "file": "/..png"}]}.
export default async function (page, { arguments: { base, pages } }) {
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const { path, file } of pages) {
    const response = await page.goto(new URL(path, base).href, { waitUntil: "networkidle" });
    if (!response.ok()) throw new Error(`${path} answered ${response.status()}`);
    await page.screenshot({ path: file });
  }
  return pages.length;
}
