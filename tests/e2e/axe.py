"""axe-core in a page: what of it keeps people out, by WCAG 2.2 AA."""

from __future__ import annotations

from playwright.async_api import Page

from tests.layout import PROJECT_ROOT

SCRIPT = PROJECT_ROOT / "web/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (tags) => {
    const eases = document.getAnimations()
        .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(eases.map(({ finished }) => finished));
    const { violations } = await axe.run(document, {
        runOnly: { type: "tag", values: tags }, resultTypes: ["violations"],
    });
    return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`));
}"""


async def faults(page: Page) -> list[str]:
    """Look at the page, once what eases has come to rest: a colour on its way is no colour."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    return await page.evaluate(RUN, TAGS)
