import { render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import Broken from "@/app/error";
import { Check } from "@/components/Check";
import { EARLY_TAP_SCRIPT } from "@/lib/earlyTap";

it.each([
  ["check", Check],
  ["broken page", Broken],
])("the %s is alive at once: a tap marks no button as busy", (_name, Page) => {
  vi.stubGlobal("location", { ...window.location, reload: vi.fn() });
  // jsdom runs a script element in a window that is not this one.
  new Function(EARLY_TAP_SCRIPT)();
  render(<Page />);
  const [first] = screen.getAllByRole("button");
  first?.click();
  expect(first).not.toHaveAttribute("aria-busy");
  expect(window.parleyEarly).toBeUndefined();
});
