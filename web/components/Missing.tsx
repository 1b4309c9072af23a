import Link from "next/link";

import { useInvitation } from "@/hooks/useInvitation";
import { useTexts } from "@/hooks/useTexts";

/** An address that leads nowhere. */
export function Missing() {
  const { page } = useTexts();
  const invitation = useInvitation();
  return (
    <main className="grid h-dvh place-content-center gap-6 p-6 text-center">
      <h1 className="text-2xl font-semibold">{page.notFound}</h1>
      <Link href={`/${invitation}`} className="underline underline-offset-4">
        {page.backToStart}
      </Link>
    </main>
  );
}
