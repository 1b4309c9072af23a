/** A tap on a page that is painted but not alive yet: it is kept, and made again. */

declare global {
  interface Window {
    /** Set by the script below, which runs before any other. */
    parleyEarly?: { button: HTMLButtonElement | null; stop: () => void };
  }
}

/**
 * Runs in the page's own HTML, so that it is there with the first paint. The last button counts: who
 * taps twice means one thing.
 */
export const EARLY_TAP_SCRIPT = `(() => {
  const early = { button: null, stop: () => document.removeEventListener("click", keep, true) };
  const keep = ({ target }) => {
    const button = target instanceof Element && target.closest("button");
    if (!button) return;
    if (early.button) early.button.ariaBusy = null;
    early.button = button;
    button.ariaBusy = "true";
  };
  document.addEventListener("click", keep, true);
  window.parleyEarly = early;
})();`;

export function hasEarlyTap(): boolean {
  return Boolean(window.parleyEarly?.button);
}

/** Resolves with the first tap, or at once if there was one. */
export function whenTapped(): Promise<void> {
  if (hasEarlyTap()) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("click", () => resolve(), { capture: true, once: true });
  });
}

/** The buttons are alive: from now on they hear for themselves. Returns what was meant before. */
export function takeEarlyTap(): HTMLButtonElement | undefined {
  const early = window.parleyEarly;
  delete window.parleyEarly;
  early?.stop();
  return early?.button ?? undefined;
}

export function makeTap(button: HTMLButtonElement): void {
  button.ariaBusy = null;
  button.click();
}
