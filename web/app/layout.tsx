import "@fontsource-variable/figtree";
import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

import "@/app/globals.css";
import { EARLY_TAP_SCRIPT } from "@/lib/earlyTap";
import { PAGE } from "@/lib/texts";

export const metadata: Metadata = {
  title: PAGE.title,
  description: PAGE.description,
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
    <html lang="en">
      <body>
        <script dangerouslySetInnerHTML={{ __html: EARLY_TAP_SCRIPT }} />
        {children}
      </body>
    </html>
  );
}
