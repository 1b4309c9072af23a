import { Conversation } from "@/components/Conversation";

export default function Page() {
  return <Conversation />;
}
