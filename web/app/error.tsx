"use client";

import { Notice } from "@/components/Notice";
import { useEarlyTap } from "@/hooks/useEarlyTap";
import { BROKEN } from "@/lib/broken";
import { pageLanguage } from "@/lib/language";

/** The page has broken. Loaded again it finds the way back into the call by its ticket. */
export default function Broken() {
  useEarlyTap();
  return (
    <main className="grid h-dvh place-content-center p-6">
      <Notice isAlert {...BROKEN[pageLanguage()]} onAction={() => window.location.reload()} />
    </main>
  );
}
