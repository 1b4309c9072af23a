import { screen } from "@testing-library/react";
import { prerender } from "react-dom/static";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { EARLY_TAP_SCRIPT } from "@/lib/earlyTap";

/** Only so that nothing hangs: loading React anew takes seconds on a busy machine. */
const LIMIT_MS = 25_000;

const state = vi.hoisted(() => ({ taps: [] as string[], isThere: true, asked: 0 }));

vi.mock("@/components/Conversation", () => ({
  get Conversation() {
    state.asked += 1;
    if (!state.isThere) throw new Error("no such chunk");
    const button = (name: string) => (
      <button type="button" onClick={() => state.taps.push(name)}>
        <span>{name}</span>
      </button>
    );
    return function Conversation() {
      return (
        <main>
          {button("Start talking")}
          {button("Type instead")}
        </main>
      );
    };
  },
}));

/** The page's HTML with the script it holds, and nothing alive. */
async function paint() {
  const { Entrance } = await import("@/components/Entrance");
  const { prelude } = await prerender(<Entrance />);
  const root = document.createElement("div");
  root.innerHTML = await new Response(prelude).text();
  document.body.replaceChildren(root);
  // jsdom runs a script element in a window that is not this one.
  new Function(EARLY_TAP_SCRIPT)();
  // As in a browser, which has loaded none of what the server has.
  vi.resetModules();
  return async () => {
    const { hydrateRoot } = await import("react-dom/client");
    const fresh = await import("@/components/Entrance");
    const alive = hydrateRoot(root, <fresh.Entrance />);
    onTestEnd = () => alive.unmount();
  };
}

let onTestEnd = () => undefined as void;
const isAlive = () => vi.waitFor(() => expect(window.parleyEarly).toBeUndefined(), LIMIT_MS);
const tap = (words: string) => screen.getByText(words).click();

beforeEach(() => {
  // React, in development, minds that a button is marked before it is alive.
  vi.spyOn(console, "error").mockReturnValue();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false);
  state.taps = [];
  state.isThere = true;
});

afterEach(() => {
  onTestEnd();
  onTestEnd = () => undefined;
  window.parleyEarly?.stop();
  document.body.replaceChildren();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
});

describe("Entrance", () => {
  it("shows the page before anything is alive", async () => {
    await paint();
    expect(screen.getByRole("button", { name: "Start talking" })).toBeVisible();
  });

  it.each([
    { name: "one tap", taps: ["Start talking"], made: ["Start talking"] },
    { name: "an impatient one", taps: ["Start talking", "Start talking"], made: ["Start talking"] },
    { name: "a change of mind", taps: ["Start talking", "Type instead"], made: ["Type instead"] },
    { name: "none", taps: [], made: [] },
  ])("makes up for $name before it was alive, once", async ({ taps, made }) => {
    const revive = await paint();
    taps.forEach(tap);
    await revive();
    await isAlive();
    expect(state.taps).toEqual(made);
    expect(document.querySelector("[aria-busy]")).toBeNull();
    tap("Start talking");
    expect(state.taps).toEqual([...made, "Start talking"]);
  });

  it("makes up for a tap between the first script and the last", async () => {
    const revive = await paint();
    await revive();
    tap("Start talking");
    await isAlive();
    expect(state.taps).toEqual(["Start talking"]);
  });

  it("says that a tap was noticed, and where", async () => {
    await paint();
    tap("Start talking");
    tap("Type instead");
    const busy = screen.getAllByRole("button").map((button) => button.ariaBusy);
    expect(busy).toEqual([null, "true"]);
  });

  it("asks for the page anew when a part of it is gone, but only once it is wanted", async () => {
    const reload = vi.fn();
    vi.stubGlobal("location", { ...window.location, reload });
    const revive = await paint();
    state.isThere = false;
    state.asked = 0;
    await revive();
    await vi.waitFor(() => expect(state.asked).toBeGreaterThan(0), LIMIT_MS);
    expect(reload).not.toHaveBeenCalled();
    tap("Start talking");
    await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(1), LIMIT_MS);
    vi.unstubAllGlobals();
  });
});
