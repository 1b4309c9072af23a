import { useEffect } from "react";

/**
 * Tells the style sheet how much of the page is to be seen (`--visible-height`). Safari lays its
 * keyboard over the page instead of making the page smaller.
 */
export function useVisibleHeight(): void {
  useEffect(() => {
    const view = window.visualViewport;
    if (!view) return;
    const { style } = document.documentElement;
    const tell = () => {
      // Who has zoomed in with two fingers looks at a part of a page that stays as it is.
      if (view.scale > 1.01) return;
      style.setProperty("--visible-height", `${Math.round(view.height)}px`);
      // It also moves the page up, so that the field would be seen that is seen anyway.
      if (view.offsetTop > 0) window.scrollTo(0, 0);
    };
    tell();
    view.addEventListener("resize", tell);
    view.addEventListener("scroll", tell);
    return () => {
      view.removeEventListener("resize", tell);
      view.removeEventListener("scroll", tell);
      style.removeProperty("--visible-height");
    };
  }, []);
}
