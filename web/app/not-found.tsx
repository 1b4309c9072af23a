import { FirstWords } from "@/components/FirstWords";
import { MissingEntrance } from "@/components/MissingEntrance";
import type { Texts } from "@/lib/texts";

const firstView = ({ page }: Texts) => [page.notFound, page.backToStart];

export default function NotFound() {
  return (
    <>
      <MissingEntrance />
      <FirstWords of={firstView} />
    </>
  );
}
