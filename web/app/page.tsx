import { Entrance } from "@/components/Entrance";
import { FirstWords } from "@/components/FirstWords";
import { firstView } from "@/lib/firstWords";

export default function Page() {
  return (
    <>
      <Entrance />
      <FirstWords of={firstView} />
    </>
  );
}
