import { act, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { ConnectionState, DisconnectReason, RoomEvent } from "livekit-client";
import { Component, type ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";

import Broken from "@/app/error";
import { Ornament } from "@/components/Ornament";
import { keptTicket } from "@/lib/ticket";

import { rooms } from "./offlineRoom";
import { resumes } from "./requests";
import { box, button, call, settle, status, TOKEN, visit, words } from "./visit";

import { carriedTrack } from "../hooks/fakes";

vi.mock("livekit-client", async (original) => (await import("./offlineRoom")).mocked(original));

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const leaving = (type: string, isPersisted = false) =>
  Object.assign(new Event(type, { cancelable: true }), { persisted: isPersisted });

/** As Next does it: what breaks below is replaced by the page's own error page. */
class Shell extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };
  static getDerivedStateFromError = () => ({ isBroken: true });
  override render() {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}

describe("an ornament that breaks", () => {
  it("leaves the call and its words alone", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(() => {
      throw new Error("no such thing here");
    });
    const page = await call();
    await act(async () => page.room().botSays({ "lk.agent.state": "speaking" }));
    expect(status()).toBe("Speaking");
    expect(button("End call")).toBeVisible();
    expect(page.server.of("DELETE")).toEqual([]);
  });

  it("is left out alone", () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const Breaks = () => {
      throw new Error("broken");
    };
    render(
      <Ornament fallback="Listening">
        <Breaks />
      </Ornament>,
    );
    expect(document.body).toHaveTextContent("Listening");
  });
});

describe("a page that breaks", () => {
  it("says so, and keeps the way back into the call", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const page = await call();
    let breaks = false;
    const Inner = () => {
      if (breaks) throw new Error("broken");
      return null;
    };
    // The page itself is gone then, as it is when something breaks in it.
    const shell = render(
      <Shell>
        <Inner />
      </Shell>,
    );
    breaks = true;
    shell.rerender(
      <Shell>
        <Inner />
      </Shell>,
    );
    page.unmount();
    await settle();
    expect(screen.getByRole("alert")).toHaveTextContent("a call that was on goes on");
    expect(page.server.of("DELETE")).toEqual([]);
    expect(keptTicket()).toMatchObject({ sessionId: "s1", microphone: "on" });
    expect(page.devices.opened.map(({ readyState }) => readyState)).toEqual(["ended"]);
    expect(page.room().hasLeft).toBe(true);
    expect(button("Load again")).toBeVisible();
  });
});

describe("what is not a leaving", () => {
  it.each(["beforeunload", "visibilitychange", "blur", "freeze", "resume"])(
    "%s ends no call",
    async (type) => {
      const page = await call();
      act(() => {
        document.dispatchEvent(leaving(type));
        window.dispatchEvent(leaving(type));
      });
      await settle();
      expect(status()).toBe("Listening");
      expect(page.room().hasLeft).toBe(false);
      expect(page.server.of("DELETE")).toEqual([]);
    },
  );

  it("a room that was left though nobody asked leads to the way back", async () => {
    const page = await call();
    // As LiveKit's client does it when the browser freezes the page.
    act(() => page.room().ends(DisconnectReason.CLIENT_INITIATED));
    await settle();
    expect(resumes(page)).toHaveLength(1);
    expect(page.room().joined?.token).toBe(`${TOKEN}-2`);
    await act(async () => page.room().botComes());
    await settle();
    expect(status()).toBe("Listening");
    expect(page.server.of("DELETE")).toEqual([]);
  });

  it("a connection that is lost without a network is told as that, until it is there", async () => {
    const page = await call();
    page.server.resume = () => new Promise(() => undefined);
    const onLine = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    act(() => void window.dispatchEvent(new Event("offline")));
    act(() => page.room().ends(DisconnectReason.SIGNAL_CLOSE));
    await settle();
    expect(status()).toBe("You are offline. Coming back …");
    onLine.mockReturnValue(true);
    act(() => void window.dispatchEvent(new Event("online")));
    expect(status()).toBe("Coming back …");
  });

  it("a page that was kept whole comes back into its call", async () => {
    const page = await call();
    act(() => void window.dispatchEvent(leaving("pagehide", true)));
    await settle();
    expect(page.room().hasLeft).toBe(true);
    expect(resumes(page)).toEqual([]);
    act(() => void window.dispatchEvent(leaving("pageshow", true)));
    await settle();
    expect(resumes(page)).toHaveLength(1);
    await act(async () => page.room().botComes());
    await settle();
    expect(status()).toBe("Listening");
    expect(rooms.filter(({ joined }) => joined)).toHaveLength(1);
  });
});

describe("a line that is typed while the signal is lost", () => {
  it.each([
    ["and the sound flows, waits", "connected"],
    ["and the sound has stopped, waits", "disconnected"],
  ] as const)("%s", async (_how, state) => {
    const page = await call();
    const room = page.room();
    const { publication } = carriedTrack(state);
    room.remoteParticipants.get("bot")?.trackPublications.set("TR_1", publication as never);
    act(() => {
      room.state = ConnectionState.SignalReconnecting;
      room.emit(RoomEvent.SignalReconnecting);
    });
    await userEvent.type(await box(), "Hello{Enter}");
    await settle();
    expect(room.typed).toEqual([]);
    expect(words()).toContain("You: Hello Sending …");
  });
});

describe("an end that nobody explained", () => {
  it.each([
    ["provider_failed", "a service behind the assistant stopped working"],
    ["caller_left", "The call has ended."],
  ])("is told by the server's reason: %s", async (reason, telling) => {
    const page = await call();
    page.server.state = async () => new Response(JSON.stringify({ state: "ended", reason }));
    act(() => page.room().ends(DisconnectReason.ROOM_DELETED));
    await settle();
    expect(screen.getByText(new RegExp(telling))).toBeVisible();
    const [asked] = page.server.of("GET");
    expect(asked?.url).toBe("/api/sessions/s1");
    expect(new Headers(asked?.init.headers).get("Authorization")).toBe(`Bearer ${TOKEN}`);
  });

  it.each([
    ["ended", "error", "something went wrong on our side"],
    ["recovering", undefined, "left the call unexpectedly"],
  ])("a bot that is given up in a call that is %s", async (state, reason, telling) => {
    const page = await call();
    page.server.state = async () => new Response(JSON.stringify({ state, reason }));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    act(() => page.room().botLeaves());
    for (const ms of [2_000, 24_000]) {
      await act(async () => void (await vi.advanceTimersByTimeAsync(ms)));
    }
    vi.useRealTimers();
    await settle();
    expect(screen.getByText(new RegExp(telling))).toBeVisible();
  });
});

describe("a double click", () => {
  const at = (name: string, detail: number) => {
    // The second falls where the first has fallen, whatever stands there now.
    fireEvent.click(button(name), { detail, clientX: 100, clientY: 500 });
  };

  it.each([
    ["Start talking", "Cancel", async () => visit()],
    [
      "Talk again",
      "Cancel",
      async () => {
        const page = await call();
        fireEvent.click(button("End call"));
        return page;
      },
    ],
    [
      "Type instead",
      "Cancel",
      async () => {
        const page = visit();
        page.devices.refusal = new DOMException("", "NotFoundError");
        fireEvent.click(button("Start talking"));
        await settle();
        return page;
      },
    ],
  ])("on %j begins a call, also where it is counted as two clicks", async (first, then, begin) => {
    const page = await begin();
    at(first, 1);
    at(then, 1);
    await settle();
    await act(async () => page.room().botComes());
    await settle();
    expect(screen.getByRole("group", { name: "Call controls" })).toBeVisible();
  });

  it("on Cancel begins no other call", async () => {
    const page = visit();
    fireEvent.click(button("Start talking"));
    await settle();
    at("Cancel", 1);
    at("Start talking", 1);
    at("Start talking", 2);
    await settle();
    expect(button("Start talking")).toBeVisible();
    expect(page.server.of("POST")).toHaveLength(1);
  });

  it("is told from two clicks at two places, and from the keyboard", async () => {
    visit();
    at("Start talking", 1);
    fireEvent.click(button("Cancel"), { detail: 1, clientX: 100, clientY: 400 });
    expect(button("Start talking")).toBeVisible();
    at("Start talking", 1);
    fireEvent.click(button("Cancel"), { detail: 0 });
    expect(button("Start talking")).toBeVisible();
  });
});
