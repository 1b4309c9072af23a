import { Entrance } from "@/components/Entrance";
import { FirstWords } from "@/components/FirstWords";
import { READY_SCRIPT } from "@/lib/embedded";
import { firstView } from "@/lib/firstWords";

export default function EmbedPage() {
  return (
    <>
      <script dangerouslySetInnerHTML={{ __html: READY_SCRIPT }} />
      <Entrance />
      <FirstWords of={firstView} />
    </>
  );
}
