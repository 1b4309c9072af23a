import { act, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import { call, press, settle, visit } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

vi.mock("@/lib/installation", async (original) => ({
  ...(await original<typeof import("@/lib/installation")>()),
  installation: {
    name: "Ada",
    headline: "Ask us.",
    links: [{ text: "Imprint", url: "https://ada.example/imprint" }],
    kept_days: 30,
    language: "de",
  },
}));

promise("Page", "Before a call the page says how long it is kept what is said.", async () => {
  visit();
  expect(screen.getByText("What is said is kept for 30 days.")).toBeVisible();
});

promise("Page", "The page has the operator's name, colour, logo and links.", async () => {
  visit();
  expect(screen.getByText(/^Ada is a computer that talks/)).toBeVisible();
  expect(screen.getByRole("link", { name: "Imprint" })).toHaveAttribute(
    "href",
    "https://ada.example/imprint",
  );
  await press("Start talking");
  await settle();
  expect(document.title).toBe("Connecting · Ada");
});

it("shows what is there before a call only there", async () => {
  await call();
  expect(screen.queryByRole("link", { name: "Imprint" })).toBeNull();
  expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent("Ada");
});

it("marks what is said with its language, for those who have it read to them", async () => {
  const page = await call();
  await act(async () => page.room().hears("bot", ["Guten Tag."], { "lk.segment_id": "1" }));
  await settle();
  expect(screen.getByText("Guten Tag.")).toHaveAttribute("lang", "de");
});
