import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Status } from "@/components/Status";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("puts the words it came with in again once its place is known, and only then says them", () => {
  render(<Status className="">You ended the call.</Status>);
  const place = screen.getByRole("status");
  const first = place.firstChild;
  expect(place).toHaveAttribute("aria-live", "off");
  expect(place).toHaveTextContent("You ended the call.");
  act(() => void vi.advanceTimersByTime(1_000));
  expect(screen.getByRole("status")).toBe(place);
  expect(place).toHaveAttribute("aria-live", "polite");
  expect(place).toHaveTextContent("You ended the call.");
  expect(place.firstChild).not.toBe(first);
});
