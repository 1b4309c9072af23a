import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { Captions } from "@/components/Captions";
import type { Caption } from "@/lib/captions";

const caption = (more: Partial<Caption>): Caption => ({
  id: "a",
  side: "bot",
  text: "Hello.",
  status: "final",
  streamNumber: 1,
  ...more,
});

describe("Captions", () => {
  it("lists the utterances in order, each with its speaker", () => {
    render(
      <Captions
        captions={[caption({}), caption({ id: "b", side: "caller", text: "What time is it?" })]}
      />,
    );
    const items = screen.getAllByRole("listitem").map((item) => item.textContent);
    expect(items).toEqual(["Parley: Hello.", "You: What time is it?"]);
  });

  it("ends a cut reply with a dash, and says the word to screen readers", () => {
    render(<Captions captions={[caption({ text: "Once upon a", status: "interrupted" })]} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("Once upon a — (interrupted)");
  });

  it("announces whole utterances only", () => {
    const { rerender } = render(<Captions captions={[caption({ status: "open", text: "Hel" })]} />);
    const announcer = screen.getByText("", { selector: "[aria-live]" });
    expect(announcer).toBeEmptyDOMElement();
    rerender(<Captions captions={[caption({})]} />);
    expect(announcer).toHaveTextContent("Parley: Hello.");
  });

  it("shows markup as the text it is", () => {
    render(<Captions captions={[caption({ text: "<img src=x onerror=alert(1)>" })]} />);
    expect(screen.getByRole("listitem")).toHaveTextContent("<img src=x onerror=alert(1)>");
  });
});
