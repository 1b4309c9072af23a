"use client";

import { Notice } from "@/components/Notice";
import { useEarlyTap } from "@/hooks/useEarlyTap";
import { ACTIONS, PAGE } from "@/lib/texts";

/** The page has broken. Loaded again it finds the way back into the call by its ticket. */
export default function Broken() {
  useEarlyTap();
  return (
    <main className="grid h-dvh place-content-center p-6">
      <Notice
        isAlert
        sentence={PAGE.broken}
        action={ACTIONS.loadAgain}
        onAction={() => window.location.reload()}
      />
    </main>
  );
}
