import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { Captions } from "@/components/Captions";
import type { Caption } from "@/lib/captions";
import type { Transcript } from "@/lib/transcript";

const caption = (more: Partial<Caption>): Caption => ({
  id: "a",
  side: "bot",
  text: "Hello.",
  status: "final",
  streamNumber: 1,
  ...more,
});

const said = (...captions: Caption[]): Transcript => ({
  calls: [],
  entries: captions.map((each) => ({ kind: "caption", caption: each })),
});

describe("Captions", () => {
  it("lists the utterances in order, each with its speaker", () => {
    render(
      <Captions
        transcript={said(
          caption({}),
          caption({ id: "b", side: "caller", text: "What time is it?" }),
        )}
      />,
    );
    const items = screen.getAllByRole("listitem").map((item) => item.textContent);
    expect(items).toEqual(["Parley: Hello.", "You: What time is it?"]);
  });

  it("ends a cut reply with a dash, and says the word to screen readers", () => {
    render(<Captions transcript={said(caption({ text: "Once upon a", status: "interrupted" }))} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("Once upon a — (interrupted)");
  });

  it.each(["lit the lamp.", "All right!", "“Really?”", "そうです。"])(
    "puts no dash behind what ends like a sentence: %s",
    (text) => {
      render(<Captions transcript={said(caption({ text, status: "interrupted" }))} />);
      expect(screen.getByRole("listitem").textContent).toBe(`Parley: ${text} (interrupted)`);
    },
  );

  it("tells how a typed line stands, and sends one again that was not sent", async () => {
    const typed = caption({ id: "t", side: "caller", text: "Hello", status: "sending" });
    const resend = vi.fn(() => Promise.resolve());
    const { rerender } = render(<Captions transcript={said(typed)} onResend={resend} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("Hello Sending …");
    const unsent = said({ ...typed, status: "unsent" });
    rerender(<Captions transcript={unsent} onResend={resend} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("Hello Not sent.");
    await userEvent.click(screen.getByRole("button", { name: "Send again" }));
    expect(resend).toHaveBeenCalledWith("Hello", "t");
    // The call is over.
    rerender(<Captions transcript={unsent} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("Not sent.");
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("announces whole utterances only", () => {
    const { rerender } = render(
      <Captions transcript={said(caption({ status: "open", text: "Hel" }))} />,
    );
    const announcer = screen.getByText("", { selector: "[aria-live=polite]" });
    expect(announcer).toBeEmptyDOMElement();
    rerender(<Captions transcript={said(caption({}))} />);
    expect(announcer).toHaveTextContent("Parley: Hello.");
  });

  it("shows markup as the text it is", () => {
    render(<Captions transcript={said(caption({ text: "<img src=x onerror=alert(1)>" }))} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("<img src=x onerror=alert(1)>");
  });
});
