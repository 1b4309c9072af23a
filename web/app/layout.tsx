import "@fontsource-variable/figtree";
import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

import "@/app/globals.css";
import { EARLY_TAP_SCRIPT } from "@/lib/earlyTap";
import { LANGUAGE_SCRIPT } from "@/lib/firstWords";

/** The title is the server's to write: React would put its own over the operator's. */
export const metadata: Metadata = {
  description: "Talk with a voice assistant: press, speak, be answered.",
  robots: { index: false },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  viewportFit: "cover",
  interactiveWidget: "resizes-content",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fcfaf6" },
    { media: "(prefers-color-scheme: dark)", color: "#15110e" },
  ],
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <body>
        <script dangerouslySetInnerHTML={{ __html: LANGUAGE_SCRIPT }} />
        <script dangerouslySetInnerHTML={{ __html: EARLY_TAP_SCRIPT }} />
        {children}
      </body>
    </html>
  );
}
