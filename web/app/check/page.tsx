import { CheckEntrance } from "@/components/CheckEntrance";
import { FirstWords } from "@/components/FirstWords";
import type { Texts } from "@/lib/texts";

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
