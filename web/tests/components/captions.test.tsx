import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";

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

const said = (...captions: Caption[]): Transcript => ({ captions, tools: [] });

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

  it("announces whole utterances only", () => {
    const { rerender } = render(
      <Captions transcript={said(caption({ status: "open", text: "Hel" }))} />,
    );
    const announcer = screen.getByText("", { selector: "[aria-live]" });
    expect(announcer).toBeEmptyDOMElement();
    rerender(<Captions transcript={said(caption({}))} />);
    expect(announcer).toHaveTextContent("Parley: Hello.");
  });

  it("shows markup as the text it is", () => {
    render(<Captions transcript={said(caption({ text: "<img src=x onerror=alert(1)>" }))} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("<img src=x onerror=alert(1)>");
  });
});
