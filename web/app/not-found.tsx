import Link from "next/link";

import { PAGE } from "@/lib/texts";

export default function NotFound() {
  return (
    <main className="grid h-dvh place-content-center gap-6 p-6 text-center">
      <h1 className="text-2xl font-semibold">{PAGE.notFound}</h1>
      <Link href="/" className="underline underline-offset-4">
        {PAGE.backToStart}
      </Link>
    </main>
  );
}
