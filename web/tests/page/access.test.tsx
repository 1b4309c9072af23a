import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { DisconnectReason } from "livekit-client";
import { afterEach, describe, expect, it, vi } from "vitest";

import { inviteOf } from "@/lib/access";
import { keptTicket } from "@/lib/ticket";

import { HTML, refusal, sentElsewhere, starts } from "./requests";
import { button, call, press, settle, visit } from "./visit";

import { promise } from "../promise";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

const LOCATION = window.location;

afterEach(() => {
  vi.useRealTimers();
  vi.stubGlobal("location", LOCATION);
  window.location.hash = "";
});

const KEY = "correct horse battery";

/** A page whose server asks for the key, as `answers` say of each key that is shown. */
function atTheDoor(answers: (key: string) => Response) {
  const page = visit();
  const { answer } = page.server;
  let isOpen = false;
  page.server.answer = async () => {
    const last = page.server.requests.at(-1);
    if (!last?.url.endsWith("/api/access")) return isOpen ? answer() : refusal("key_needed", 401);
    const given = answers((JSON.parse(String(last.init.body)) as { key: string }).key);
    isOpen = given.ok;
    return given;
  };
  return page;
}

const field = () => screen.getByLabelText<HTMLInputElement>("Key");
const told = () => screen.getByText(/./, { selector: "p[role=alert]" }).textContent;
const show = async (key: string) => {
  // Without a click: what was wrong is selected, so that typing replaces it.
  await userEvent.keyboard(`${key}{Enter}`);
  await settle();
};

promise("Page", "A page that needs a key asks once, and the call begins with it.", async () => {
  const keep = vi.spyOn(Storage.prototype, "setItem");
  const page = atTheDoor((key) =>
    key === KEY ? new Response(null, { status: 204 }) : refusal("wrong_key", 401),
  );
  await press("Start talking");
  await settle();
  expect(told()).toContain("asks for a key");
  // The keyboard goes on in the field, what is typed is not shown, and it is told what it is for.
  expect(field()).toHaveFocus();
  expect(field()).toHaveAttribute("type", "password");
  expect(field()).toHaveAccessibleDescription(/asks for a key/);
  expect(page.devices.opened.map(({ readyState }) => readyState)).toEqual(["ended"]);

  await show("wrong");
  expect(told()).toContain("That is not the key");
  expect(field()).toHaveFocus();
  expect(field()).toBeInvalid();
  await show(KEY);
  await act(async () => page.room().botComes());
  expect(screen.getByRole("group", { name: "Call controls" })).toBeVisible();
  expect(JSON.stringify([keep.mock.calls, window.location.href, document.cookie])).not.toContain(
    KEY,
  );
  expect(document.documentElement.outerHTML).not.toContain(KEY);
});

promise("Page", "Whoever guesses at the key is told how long to wait.", async () => {
  atTheDoor(() => refusal("access_slowed", 429, { waitSecs: 30 }));
  await press("Start talking");
  await settle();
  await show("guess");
  expect(told()).toBe("There were too many wrong tries. Please try again in 30 seconds.");
});

describe("the form for the key", () => {
  it("sends nothing while there is nothing, and nothing twice", async () => {
    const page = atTheDoor(() => new Response(null, { status: 204 }));
    await press("Start talking");
    await settle();
    await press("Continue");
    expect(button("Continue")).toHaveAttribute("aria-disabled", "true");
    const go = page.server.waits();
    await userEvent.type(field(), "key{Enter}{Enter}");
    await userEvent.click(button("Continue"));
    expect(page.server.of("POST").filter(({ url }) => url.endsWith("/api/access"))).toHaveLength(1);
    go();
    await settle();
  });

  it("says so when the server is gone", async () => {
    const page = atTheDoor(() => new Response(null, { status: 204 }));
    await press("Start talking");
    await settle();
    page.server.answer = () => Promise.reject(new TypeError("Failed to fetch"));
    await show("key");
    expect(told()).toContain("could not reach the server");
  });
});

promise("Page", "An invite's link lets in, and leaves the address.", async () => {
  window.history.replaceState(null, "", "/talk#invite=ab12.cd-34_x");
  const page = atTheDoor(() => new Response(null, { status: 204 }));
  await press("Start talking");
  await settle();
  const [shown, start] = page.server.of("POST");
  expect(shown?.url).toMatch(/\/api\/access$/);
  expect(JSON.parse(String(shown?.init.body))).toEqual({ key: "ab12.cd-34_x" });
  expect(JSON.parse(String(start?.init.body))).toEqual({ wait: true });
  expect(window.location.href).toMatch(/\/talk$/);
  await act(async () => page.room().botComes());
  expect(screen.getByRole("group", { name: "Call controls" })).toBeVisible();
});

promise("Page", "An invite that is no longer good is told why.", async () => {
  const shown = new Set<string | null>();
  for (const code of ["used_up", "expired", "revoked", "unknown"]) {
    window.location.hash = "#invite=ab12.cd34";
    const page = atTheDoor(() => refusal(`invite_${code}`, 403));
    await press("Start talking");
    await settle();
    shown.add(told());
    expect(window.location.hash).toBe("");
    expect(screen.queryByLabelText("Key")).toBeNull();
    page.unmount();
  }
  expect(shown.size).toBe(4);
});

promise(
  "Page",
  "A proxy that wants a sign-in is told as that, in whatever way it asks.",
  async () => {
    for (const answer of [
      sentElsewhere,
      () => new Response("<html>", HTML),
      () => new Response("<html>", { ...HTML, status: 401 }),
    ]) {
      const page = visit();
      page.server.answer = async () => answer();
      await press("Start talking");
      await settle();
      expect(told()).toContain("sign in first");
      // To send there would be to lose what was asked for.
      expect(page.server.requests.map(({ init }) => init.redirect)).toEqual(["manual"]);
      expect(new Headers(page.server.requests[0]?.init.headers).get("Accept")).toBe(
        "application/json",
      );
      page.unmount();
    }
  },
);

const refuse = (name: string) => () => {
  throw new DOMException("", name);
};
const setItem = () => vi.spyOn(Storage.prototype, "setItem");

describe.each([
  ["keeps the way back", true, () => undefined],
  [
    "has no storage",
    false,
    () => vi.spyOn(window, "sessionStorage", "get").mockImplementation(refuse("SecurityError")),
  ],
  ["is full", false, () => setItem().mockImplementation(refuse("QuotaExceededError"))],
  ["takes it and gives nothing", false, () => setItem().mockImplementation(() => undefined)],
])("who is asked in the middle of a call, by a browser that %s,", (_kind, isKept, spoil) => {
  /** A call whose connection is lost, and whose server then asks who it is. */
  const asked = async (answer: () => Response, isGuess = false) => {
    spoil();
    const page = await call();
    const { resume } = page.server;
    page.server.resume = async () => answer();
    vi.useFakeTimers();
    act(() => page.room().ends(DisconnectReason.SIGNAL_CLOSE));
    // A page of a proxy may be one in passing.
    await act(async () => void (await vi.advanceTimersByTimeAsync(isGuess ? 15_000 : 10)));
    vi.useRealTimers();
    await settle();
    return { page, admit: () => (page.server.resume = resume) };
  };
  const isBack = async (page: Awaited<ReturnType<typeof call>>) => {
    await settle();
    await act(async () => page.room().botComes());
    await settle();
    expect(screen.getByText("Listening")).toBeVisible();
    expect(page.server.of("DELETE")).toEqual([]);
    expect(starts(page).length).toBeLessThan(2);
  };

  promise("Page", "A key asked for in mid-call leads back in, kept or not.", async () => {
    const { page, admit } = await asked(() => refusal("key_needed", 401));
    page.server.answer = async () => {
      admit();
      return new Response(null, { status: 204 });
    };
    await show(KEY);
    await isBack(page);
  });

  it.each([
    ["the server", false, () => refusal("sign_in_needed", 401)],
    ["a proxy", false, () => new Response("<html>", { status: 401 })],
    ["a proxy that sends elsewhere", true, sentElsewhere],
    ["a proxy that shows its page at once", true, () => new Response("<html>", HTML)],
  ])("is back in it once they have signed in, where %s asks", async (_who, isGuess, answer) => {
    const reload = vi.fn();
    vi.stubGlobal("location", { ...window.location, reload });
    const { page, admit } = await asked(answer, isGuess);
    expect(told()).toContain("sign in first");
    admit();
    await press("Try again");
    expect(reload).toHaveBeenCalledTimes(isKept ? 1 : 0);
    expect(keptTicket()).toMatchObject({ sessionId: "s1" });
    if (!isKept) return isBack(page);
    page.unmount();
    await isBack(visit({ isReload: true }));
  });
});

describe("a link with an invite", () => {
  it.each(["#invite=", "#invite=a b", `#invite=${"x".repeat(513)}`, "#join=abc", ""])(
    "is not %s",
    (fragment) => expect(inviteOf(fragment)).toBeUndefined(),
  );
});
