import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { ToolLine } from "@/components/ToolLine";
import type { ToolCall } from "@/lib/toolCalls";

const call = (more: Partial<ToolCall> = {}): ToolCall => ({
  id: "call_1",
  name: "weather",
  status: "running",
  question: "",
  progress: "",
  ...more,
});

const booking = { name: "book_appointment", question: "Shall I book it?" };
const result = JSON.stringify({ status: "ok", data: { starts_at: "2026-10-08T10:00" } });

describe("ToolLine", () => {
  it.each<[Partial<ToolCall>, string | RegExp]>([
    [{}, "Looking up the weather"],
    [{ progress: "half way" }, "Looking up the weather · half way"],
    [{ status: "done" }, "Looked up the weather"],
    [{ status: "failed" }, "Could not look up the weather"],
    [{ status: "cancelled" }, "Did not look up the weather"],
    [{ status: "unfinished" }, "Looking up the weather · was not finished"],
    [{ name: "files_read_all" }, "Files read all · working on it"],
    [{ name: "files_read_all", status: "done" }, "Files read all · done"],
    [{ name: "files_read_all", title: "Read <all> files" }, "Read <all> files · working on it"],
    [{ name: "files_read_all", title: "Read all files", status: "done" }, "Read all files · done"],
    [{ title: "Ask the sky", progress: "half way" }, "Ask the sky · half way"],
    [
      { ...booking, title: "Book a table", status: "done", result },
      "You said yes · Book a table · done",
    ],
    [{ name: "files_read_all", status: "failed" }, "Files read all · did not work"],
    [{ ...booking, isConfirmed: true }, "You said yes · Booking an appointment"],
    [
      { ...booking, status: "done", result },
      /^You said yes · Booked for Thursday, October 8, 10:00/,
    ],
    [{ ...booking, status: "done" }, "You said yes · Booked an appointment"],
    [{ ...booking, status: "failed" }, "You said yes · Could not book an appointment"],
    [{ ...booking, status: "cancelled", result: '{"status":"declined"}' }, "You said no"],
    [{ ...booking, status: "cancelled", result: "" }, "Did not book an appointment"],
    [{ ...booking, status: "unfinished" }, "Booking an appointment · was not answered"],
  ])("says in plain words what happened: %j", (more, words) => {
    render(<ToolLine call={call(more)} />);
    const { textContent } = screen.getByRole("listitem");
    if (typeof words === "string") expect(textContent).toBe(words);
    else expect(textContent).toMatch(words);
  });

  it("marks a failure", () => {
    const { rerender } = render(<ToolLine call={call({ status: "done" })} />);
    const look = () => screen.getByRole("listitem").className;
    expect(look()).not.toContain("text-danger");
    rerender(<ToolLine call={call({ status: "failed" })} />);
    expect(look()).toContain("text-danger");
  });
});
