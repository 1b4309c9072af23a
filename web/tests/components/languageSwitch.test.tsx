import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { LanguageSwitch } from "@/components/LanguageSwitch";
import { Welcome } from "@/components/Welcome";
import { speak } from "@/lib/language";
import { LANGUAGE_KEY } from "@/lib/preferences";

function show() {
  render(
    <>
      <Welcome onStart={vi.fn()} onGoOn={undefined} />
      <LanguageSwitch />
    </>,
  );
}

beforeEach(() => localStorage.clear());
afterEach(() => act(() => speak("en")));

describe("LanguageSwitch", () => {
  it("changes every word in place, and is remembered", async () => {
    show();
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "Language" }), "Deutsch");
    expect(await screen.findByRole("heading", { name: "Reden wir." })).toBeVisible();
    expect(screen.getByRole("combobox", { name: "Sprache" })).toHaveValue("de");
    expect(localStorage.getItem(LANGUAGE_KEY)).toBe("de");
    await userEvent.selectOptions(screen.getByRole("combobox"), "日本語");
    await waitFor(() => expect(document.documentElement.lang).toBe("ja"));
    expect(screen.getByRole("button", { name: "話しはじめる" })).toBeVisible();
  });

  it("leaves it to the browser as long as nobody chooses", () => {
    show();
    expect(localStorage.getItem(LANGUAGE_KEY)).toBeNull();
  });

  it("names each language in that language", () => {
    show();
    for (const option of screen.getAllByRole<HTMLOptionElement>("option"))
      expect(option.lang).toBe(option.value);
    expect(screen.getAllByRole("option").map(({ textContent }) => textContent)).toEqual([
      "English",
      "Deutsch",
      "Français",
      "Español",
      "日本語",
    ]);
  });
});
