import { Entrance } from "@/components/Entrance";

export default function Page() {
  return <Entrance />;
}
