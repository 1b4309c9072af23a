import type { Metadata } from "next";

import { CheckEntrance } from "@/components/CheckEntrance";
import { FirstWords } from "@/components/FirstWords";
import { en } from "@/lib/catalogues/en";
import { OWN_NAME } from "@/lib/installation";
import type { Texts } from "@/lib/texts";

export const metadata: Metadata = { title: `${en.check.title} · ${OWN_NAME}` };

const firstView = ({ check, page, labels }: Texts) => [
  check.title,
  check.intro,
  check.start,
  check.playTone,
  check.statuses.waiting,
  ...Object.values(check.names),
  page.backToStart,
  labels.language,
];

export default function CheckPage() {
  return (
    <>
      <CheckEntrance />
      <FirstWords of={firstView} />
    </>
  );
}
