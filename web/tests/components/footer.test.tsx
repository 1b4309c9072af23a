import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { Footer } from "@/components/Footer";
import type { CallState } from "@/lib/call";
import { en } from "@/lib/catalogues/en";
import { FAILURE_CODES } from "@/lib/failure";
import { actionAfter } from "@/lib/texts";

import { fakeLine } from "../hooks/fakes";

function show(call: CallState) {
  const props = {
    wanted: { withMicrophone: true },
    ways: { start: vi.fn(), tryAgain: vi.fn(), takeBack: vi.fn(), goOn: undefined },
    ended: undefined,
    onHangUp: vi.fn(),
    onSend: vi.fn(),
  };
  render(<Footer call={call} line={fakeLine()} {...props} />);
  return props;
}

const press = (name: string) => userEvent.click(screen.getByRole("button", { name }));

describe("Footer", () => {
  it("invites before the first call", async () => {
    const { ways } = show({ phase: "idle", ending: null });
    expect(screen.getByRole("heading", { level: 1 })).toBeVisible();
    await press("Start talking");
    expect(ways.start).toHaveBeenCalledTimes(1);
  });

  it("says why the call ended and offers another", async () => {
    const { ways } = show({ phase: "idle", ending: "idle" });
    expect(screen.getByRole("status")).toHaveTextContent("quiet for a while");
    await press("Talk again");
    expect(ways.start).toHaveBeenCalledTimes(1);
  });

  it("can be cancelled while connecting", async () => {
    const { onHangUp } = show({ phase: "connecting", step: "bot" });
    await press("Cancel");
    expect(onHangUp).toHaveBeenCalled();
  });

  it("has its controls during a call", async () => {
    const { onHangUp } = show({ phase: "live", link: "good", isBotAway: false });
    expect(screen.getByRole("group", { name: "Call controls" })).toBeVisible();
    await press("End call");
    expect(onHangUp).toHaveBeenCalled();
  });

  it("takes a call back from another tab only when asked to", async () => {
    const { ways } = show({ phase: "elsewhere" });
    expect(screen.getByRole("status")).toHaveTextContent("Another tab has taken this call.");
    await press("Take it back here");
    expect(ways.takeBack).toHaveBeenCalledTimes(1);
    expect(ways.start).not.toHaveBeenCalled();
  });

  it.each(FAILURE_CODES)("says %s in a sentence with one button", (code) => {
    show({ phase: "failed", failure: { code } });
    expect(screen.getByRole("alert")).toHaveTextContent(en.failures[code]);
    expect(screen.getByRole("button", { name: actionAfter(en, code) })).toBeVisible();
  });

  it("says how long a full house will last", () => {
    show({ phase: "failed", failure: { code: "at_capacity", retryAfterSecs: 20 } });
    expect(screen.getByRole("alert")).toHaveTextContent("in 20 seconds");
  });

  it("lets those without a microphone type instead", async () => {
    const { ways } = show({ phase: "failed", failure: { code: "no_microphone" } });
    await press("Type instead");
    expect(ways.tryAgain).toHaveBeenCalledWith({ withMicrophone: false });
  });
});
