"use client";

import { lazy, Suspense } from "react";

import { useEarlyTap } from "@/hooks/useEarlyTap";
import { whenTapped } from "@/lib/earlyTap";
import { whenWanted } from "@/lib/wanted";

/** LiveKit's client is more than half of the page: one sees and taps the page before it is there. */
const Conversation = lazy(async () => {
  await whenWanted();
  try {
    return { default: (await import("@/components/Conversation")).Conversation };
  } catch {
    // The server is away, or has another version by now: the page is asked for anew, once it is
    // wanted, so that nothing loads again and again by itself.
    await whenTapped();
    window.location.reload();
    return new Promise<never>(() => undefined);
  }
});

function EarlyTap() {
  useEarlyTap();
  return null;
}

/** The page as the HTML has it, until the conversation comes alive in its place. */
export function Entrance() {
  return (
    <Suspense>
      <Conversation />
      <EarlyTap />
    </Suspense>
  );
}
