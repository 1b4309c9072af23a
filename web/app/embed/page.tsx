import { Entrance } from "@/components/Entrance";
import { READY_SCRIPT } from "@/lib/embedded";

export default function EmbedPage() {
  return (
    <>
      <script dangerouslySetInnerHTML={{ __html: READY_SCRIPT }} />
      <Entrance />
    </>
  );
}
