import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { MicrophoneControl } from "@/components/MicrophoneControl";
import { TextBox } from "@/components/TextBox";
import type { Microphone } from "@/hooks/useMicrophone";
import { NO_SIGNS } from "@/lib/microphoneSigns";

const microphone = (more: Partial<Microphone> = {}): Microphone => ({
  isOn: true,
  isMissing: false,
  isPossible: true,
  isOpening: false,
  trouble: undefined,
  devices: [
    { id: "one", label: "Built-in", groupId: "one" },
    { id: "two", label: "", groupId: "two" },
  ],
  activeId: "one",
  notice: undefined,
  signs: NO_SIGNS,
  readLevel: () => 0,
  toggle: vi.fn(),
  choose: vi.fn(),
  turnOn: vi.fn(),
  turnOff: vi.fn(),
  retry: vi.fn(),
  dismiss: vi.fn(),
  ...more,
});

describe("MicrophoneControl", () => {
  it("mutes, and says unmute when it is off", async () => {
    const on = microphone();
    const { rerender } = render(<MicrophoneControl microphone={on} />);
    await userEvent.click(screen.getByRole("button", { name: "Mute microphone" }));
    expect(on.toggle).toHaveBeenCalled();
    rerender(<MicrophoneControl microphone={microphone({ isOn: false })} />);
    expect(screen.getByRole("button", { name: "Unmute microphone" })).toBeVisible();
  });

  it("offers the microphones by name, and a number where the browser hides the name", async () => {
    const props = microphone();
    render(<MicrophoneControl microphone={props} />);
    const picker = screen.getByRole("combobox", { name: "Choose microphone" });
    expect(screen.getAllByRole("option").map((option) => option.textContent)).toEqual([
      "Built-in",
      "Microphone 2",
    ]);
    await userEvent.selectOptions(picker, "two");
    expect(props.choose).toHaveBeenCalledWith("two");
  });

  it("offers no choice where there is none", () => {
    render(
      <MicrophoneControl
        microphone={microphone({ devices: [{ id: "one", label: "", groupId: "" }] })}
      />,
    );
    expect(screen.queryByRole("combobox")).toBeNull();
  });
});

describe("TextBox", () => {
  const show = (onSend: (text: string) => void) => {
    render(<TextBox onSend={onSend} />);
    return { box: screen.getByRole("textbox", { name: "Type a message" }) };
  };

  it("sends the trimmed line on Enter and empties itself", async () => {
    const onSend = vi.fn();
    const { box } = show(onSend);
    await userEvent.type(box, "  hello {Enter}");
    expect(onSend).toHaveBeenCalledWith("hello");
    expect(box).toHaveValue("");
  });

  it("has nothing to send while it is empty", async () => {
    const onSend = vi.fn();
    const { box } = show(onSend);
    await userEvent.type(box, "   {Enter}");
    expect(onSend).not.toHaveBeenCalled();
    expect(screen.queryByRole("button", { name: "Send" })).toBeNull();
  });

  it("takes more than one line, and Enter still sends", async () => {
    const onSend = vi.fn();
    const { box } = show(onSend);
    await userEvent.type(box, "one{Shift>}{Enter}{/Shift}two");
    expect(onSend).not.toHaveBeenCalled();
    await userEvent.type(box, "{Enter}");
    expect(onSend).toHaveBeenCalledWith("one\ntwo");
  });

  it.each([
    ["composes", { isComposing: true }],
    ["has just composed, as Safari says it", { isComposing: false, keyCode: 229 }],
  ])("leaves Enter to an input method that %s", async (_how, more) => {
    const onSend = vi.fn();
    const { box } = show(onSend);
    await userEvent.type(box, "にほん");
    fireEvent.keyDown(box, { key: "Enter", ...more });
    expect(onSend).not.toHaveBeenCalled();
  });

  it("takes no more than the bot reads", async () => {
    const { box } = show(vi.fn());
    await userEvent.click(box);
    await userEvent.paste("a".repeat(10_000));
    expect(box).toHaveValue("a".repeat(2000));
  });
});
