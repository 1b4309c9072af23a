import type { Metadata } from "next";

import { Check } from "@/components/Check";
import { CHECK } from "@/lib/texts";

export const metadata: Metadata = { title: CHECK.title };

export default function CheckPage() {
  return <Check />;
}
