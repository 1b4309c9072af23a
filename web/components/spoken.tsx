import { type ComponentType, lazy, Suspense } from "react";

import { useEarlyTap } from "@/hooks/useEarlyTap";
import { whenTapped } from "@/lib/earlyTap";
import { pageLanguage, speak } from "@/lib/language";
import { whenPainted } from "@/lib/wanted";

function EarlyTap() {
  useEarlyTap();
  return null;
}

/**
 * A view that is shown as the HTML has it until it comes alive in its place: when its code and the
 * words of the reader's language are loaded.
 */
export function spoken(load: () => Promise<ComponentType>): ComponentType {
  const View = lazy(async () => {
    await whenPainted();
    try {
      const [view] = await Promise.all([load(), speak(pageLanguage())]);
      return { default: view };
    } catch {
      // The server is away, or has another version by now: the page is asked for anew, once it is
      // wanted, so that nothing loads again and again by itself.
      await whenTapped();
      window.location.reload();
      return new Promise<never>(() => undefined);
    }
  });
  return function Spoken() {
    return (
      <Suspense>
        <View />
        <EarlyTap />
      </Suspense>
    );
  };
}
