import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { Question } from "@/components/Question";
import type { ToolCall } from "@/lib/toolCalls";

const call = (more: Partial<ToolCall> = {}): ToolCall => ({
  id: "call_1",
  name: "book_appointment",
  status: "confirming",
  question: "Shall I book it?",
  progress: "",
  ...more,
});

const button = (name: string) => screen.getByRole("button", { name });
const nobody = () => Promise.resolve();

describe("Question", () => {
  it("takes a yes by mouse and a no by keyboard, once", async () => {
    const answer = vi.fn(nobody);
    const { unmount } = render(<Question call={call()} onAnswer={answer} />);
    expect(screen.getByRole("group", { name: "Shall I book it?" })).toBeVisible();
    await userEvent.click(button("Yes"));
    await userEvent.click(button("No"));
    expect(button("No")).toHaveAttribute("aria-disabled", "true");
    unmount();
    render(<Question call={call()} onAnswer={answer} />);
    await userEvent.tab();
    await userEvent.tab();
    await userEvent.keyboard("{Enter}{Enter}");
    expect(answer.mock.calls).toEqual([
      ["call_1", true],
      ["call_1", false],
    ]);
  });

  it("says so when the answer did not get through, and lets one try again", async () => {
    const answer = vi.fn(() => Promise.reject(new Error("gone")));
    render(<Question call={call()} onAnswer={answer} />);
    await userEvent.click(button("Yes"));
    expect(await screen.findByRole("alert")).toHaveTextContent("did not get through");
    expect(button("Yes")).toHaveAttribute("aria-disabled", "false");
  });

  it.each<[string, Partial<ToolCall>, typeof nobody | undefined]>([
    ["the call is over", {}, undefined],
    ["it was agreed to", { status: "running" }, nobody],
    ["it has run", { status: "done" }, nobody],
    ["nobody answered in time", { status: "unfinished" }, nobody],
  ])("has nothing to press when %s, and keeps the place of the keyboard", (_why, more, answer) => {
    const { rerender } = render(<Question call={call()} onAnswer={nobody} />);
    button("No").focus();
    rerender(<Question call={call(more)} onAnswer={answer} />);
    expect(screen.queryByRole("button")).toBeNull();
    expect(screen.getByRole("listitem")).toHaveTextContent("Shall I book it?");
    expect(screen.getByRole("listitem")).toHaveFocus();
  });

  it("takes no focus that was elsewhere", () => {
    const { rerender } = render(<Question call={call()} onAnswer={nobody} />);
    rerender(<Question call={call({ status: "done" })} onAnswer={nobody} />);
    expect(document.body).toHaveFocus();
  });
});
