import { act, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { READY_SCRIPT } from "@/lib/embedded";

import { box, button, call, press, settle, TOKEN, typedCall, visit } from "./visit";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

const HOST = "https://shop.example";
const told: [string, string][] = [];
const host = {
  postMessage: (message: string, origin: string) => void told.push([message, origin]),
} as unknown as Window;

const framedBy = (given: string) => {
  window.history.replaceState(null, "", `/embed?host=${encodeURIComponent(given)}`);
};
/** What reaches the page from a window. */
const hears = (data: unknown, origin: string, source: unknown = host) =>
  act(async () => {
    const message = new MessageEvent("message", { data, origin });
    Object.defineProperty(message, "source", { value: source });
    window.dispatchEvent(message);
  });

beforeEach(() => {
  told.length = 0;
  vi.spyOn(window, "parent", "get").mockReturnValue(host);
  framedBy(HOST);
});
afterEach(() => window.history.replaceState(null, "", "/"));

describe("what the page around is told", () => {
  it("is the phases of the call, in names, and to nobody else", async () => {
    await call();
    await press("End call");
    await settle();
    expect(told.map(([name]) => name)).toEqual(
      expect.arrayContaining(["idle", "connecting", "live"]),
    );
    expect(told.at(-1)).toEqual(["idle", HOST]);
    expect(new Set(told.map(([, origin]) => origin))).toEqual(new Set([HOST]));
    expect(JSON.stringify(told)).not.toContain(TOKEN);
  });

  it.each(["*", "null", "shop.example", "javascript:alert(1)", ""])(
    "is nothing where its loader gives %j for an origin",
    async (given) => {
      framedBy(given);
      await call();
      await userEvent.keyboard("{Escape}");
      expect(told).toEqual([]);
    },
  );

  it("is nothing where nothing is around", async () => {
    vi.spyOn(window, "parent", "get").mockReturnValue(window);
    const post = vi.spyOn(window, "postMessage");
    await call();
    expect(post).not.toHaveBeenCalled();
  });

  it("is first of all that the page may be shown, from its own HTML", () => {
    // As the browser runs it.
    const run = new Function("parent", "location", READY_SCRIPT) as (...given: unknown[]) => void;
    run(host, { search: `?host=${encodeURIComponent(HOST)}` });
    run(host, { search: "" });
    expect(() => run(host, { search: "?host=*" })).toThrow(TypeError);
    expect(told).toEqual([["ready", HOST]]);
  });
});

describe("closing the panel around", () => {
  it("ends the call", async () => {
    const page = await call();
    await hears("close", HOST);
    await settle();
    expect(screen.getByText("You ended the call.")).toBeVisible();
    expect(page.server.of("DELETE")).toHaveLength(1);
    expect(page.devices.opened.map(({ readyState }) => readyState)).toEqual(["ended"]);
    // And again, without a call.
    await hears("close", HOST);
    expect(page.server.of("DELETE")).toHaveLength(1);
  });

  it("cancels one that is still beginning", async () => {
    const page = visit();
    const go = page.server.waits();
    await press("Start talking");
    await hears("close", HOST);
    go();
    await settle();
    expect(page.server.of("DELETE")).toHaveLength(1);
    expect(button("Start talking")).toBeVisible();
  });

  it.each([
    ["another page's word", "close", "https://evil.example", host],
    ["another window's word", "close", HOST, {}],
    ["another word", "mute", HOST, host],
    ["no word at all", { close: true }, HOST, host],
  ])("is not %s", async (_, data, origin, source) => {
    await call();
    await hears(data, origin, source);
    expect(button("End call")).toBeVisible();
  });
});

describe("Escape", () => {
  it("is told, where nothing in the page has a use for it", async () => {
    visit();
    await userEvent.keyboard("{Escape}");
    expect(told.at(-1)).toEqual(["escape", HOST]);
  });

  it("closes the text box first", async () => {
    await call();
    await box();
    await userEvent.keyboard("{Escape}");
    expect(told.map(([name]) => name)).not.toContain("escape");
    await userEvent.keyboard("{Escape}");
    expect(told.at(-1)).toEqual(["escape", HOST]);
  });
});

describe("Escape", () => {
  it("is told from the text box of a call without a microphone", async () => {
    await typedCall();
    (await box()).focus();
    await userEvent.keyboard("{Escape}");
    expect(told.at(-1)).toEqual(["escape", HOST]);
  });

  it.each([
    ["composing", { isComposing: true }],
    ["as Safari says it", { keyCode: 229 }],
  ])("is not told where it cancels a conversion: %s", async (_how, more) => {
    await call();
    fireEvent.keyDown(await box(), { key: "Escape", ...more });
    expect(screen.getByRole("textbox")).toBeVisible();
    expect(told.map(([name]) => name)).not.toContain("escape");
  });
});

describe("a microphone that the page around does not pass on", () => {
  it("is told of, with the way out and the line check in tabs of their own", async () => {
    const open = vi.spyOn(window, "open").mockReturnValue(null);
    Object.defineProperty(document, "featurePolicy", {
      value: { allowsFeature: (name: string) => name !== "microphone" },
      configurable: true,
    });
    try {
      const page = visit();
      page.devices.refusal = new DOMException("", "NotAllowedError");
      await press("Start talking");
      await settle();
      expect(screen.getByRole("alert")).toHaveTextContent("does not let your microphone through");
      expect(screen.getByRole("link")).toHaveAttribute("target", "_blank");
      await press("Open in a new tab");
      expect(open).toHaveBeenCalledWith("/", "_blank", "noopener");
      await press("Type instead");
      await settle();
      expect(page.server.of("POST")).toHaveLength(1);
    } finally {
      Reflect.deleteProperty(document, "featurePolicy");
    }
  });
});

describe("a browser that keeps nothing for a page in another one", () => {
  it("has calls all the same, whose key goes along with each request", async () => {
    const refused = () => {
      throw new DOMException("", "SecurityError");
    };
    vi.spyOn(window, "localStorage", "get").mockImplementation(refused);
    vi.spyOn(window, "sessionStorage", "get").mockImplementation(refused);
    const page = visit();
    const { answer } = page.server;
    const bearer = () =>
      new Headers(page.server.requests.at(-1)?.init.headers).get("Authorization");
    page.server.answer = async () => {
      if (page.server.requests.at(-1)?.url.endsWith("/api/access"))
        return new Response(null, { status: 204 });
      if (bearer() === "Bearer correct horse") return answer();
      const error = { code: "key_needed", message: "" };
      return new Response(JSON.stringify({ error }), { status: 401 });
    };
    await press("Start talking");
    await settle();
    await userEvent.keyboard("correct horse{Enter}");
    await settle();
    await act(async () => page.room().botComes());
    await settle();
    expect(button("End call")).toBeVisible();
  });
});
