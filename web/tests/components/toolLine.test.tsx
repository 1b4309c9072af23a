import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { ToolLine } from "@/components/ToolLine";
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

describe("ToolLine", () => {
  it("says in plain words what is done and how it stands", () => {
    const { rerender } = render(<ToolLine call={call({ status: "running" })} />);
    const text = () => screen.getByRole("listitem").textContent;
    expect(text()).toContain("Book an appointment");
    expect(text()).toContain("working on it");
    rerender(<ToolLine call={call({ status: "running", progress: "half way" })} />);
    expect(text()).toContain("half way");
    rerender(<ToolLine call={call({ status: "failed", name: "files_read_all" })} />);
    expect(text()).toContain("Files read all");
    expect(text()).toContain("did not work");
  });

  it("takes a yes by mouse and a no by keyboard, once", async () => {
    const answer = vi.fn(() => Promise.resolve());
    const { unmount } = render(<ToolLine call={call()} onAnswer={answer} />);
    expect(screen.getByRole("group", { name: "Shall I book it?" })).toBeVisible();
    await userEvent.click(button("Yes"));
    expect(button("No")).toBeDisabled();
    unmount();
    render(<ToolLine call={call()} onAnswer={answer} />);
    await userEvent.tab();
    await userEvent.tab();
    await userEvent.keyboard("{Enter}");
    expect(answer.mock.calls).toEqual([
      ["call_1", true],
      ["call_1", false],
    ]);
  });

  it("says so when the answer did not get through, and lets one try again", async () => {
    const answer = vi.fn(() => Promise.reject(new Error("gone")));
    render(<ToolLine call={call()} onAnswer={answer} />);
    await userEvent.click(button("Yes"));
    expect(await screen.findByRole("alert")).toHaveTextContent("did not get through");
    expect(button("Yes")).toBeEnabled();
  });

  it("offers nothing to press when the call is over or the question answered", () => {
    const { rerender } = render(<ToolLine call={call()} />);
    expect(screen.queryByRole("button")).toBeNull();
    rerender(<ToolLine call={call({ status: "done" })} onAnswer={() => Promise.resolve()} />);
    expect(screen.queryByRole("button")).toBeNull();
  });
});
