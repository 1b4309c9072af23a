import { expect, it } from "vitest";

import { NewestLast } from "@/lib/newestLast";

/** A wish, or how the one under way ends. */
type Step = string | "sent" | "lost";

function run(steps: readonly Step[]) {
  const under: { wish: string; end: (isSent: boolean) => void }[] = [];
  const asked: string[] = [];
  const settled: string[] = [];
  let most = 0;
  const line = new NewestLast<string>(
    (wish) =>
      new Promise((resolve, reject) => {
        asked.push(wish);
        const end = (isSent: boolean) => (isSent ? resolve() : reject(new Error("lost")));
        under.push({ wish, end });
        most = Math.max(most, under.length);
      }),
    (wish, isSent) => settled.push(`${wish} ${isSent ? "sent" : "lost"}`),
  );
  const take = async (step: Step) => {
    if (step === "sent" || step === "lost") under.shift()?.end(step === "sent");
    else line.want(step);
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return (async () => {
    for (const step of steps) await take(step);
    return { asked, settled, most };
  })();
}

it.each<[string, Step[], string[], string[]]>([
  ["one is sent at once", ["good", "sent"], ["good"], ["good sent"]],
  [
    "the second waits for the first, and settles alone",
    ["good", "bad", "sent", "sent"],
    ["good", "bad"],
    ["bad sent"],
  ],
  [
    "what was overtaken while it waited is not sent",
    ["good", "bad", "none", "good again", "sent", "sent"],
    ["good", "good again"],
    ["good again sent"],
  ],
  [
    "the second is sent although the first was lost",
    ["good", "bad", "lost", "sent"],
    ["good", "bad"],
    ["bad sent"],
  ],
  [
    "that the newest was lost is told",
    ["good", "bad", "sent", "lost"],
    ["good", "bad"],
    ["bad lost"],
  ],
  [
    "after a loss there is another try",
    ["good", "lost", "good", "sent"],
    ["good", "good"],
    ["good lost", "good sent"],
  ],
])("%s", async (_what, steps, asked, settled) => {
  expect(await run(steps)).toEqual({ asked, settled, most: 1 });
});
