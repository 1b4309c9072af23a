import { CheckRow } from "@/components/CheckRow";
import { KeyForm } from "@/components/KeyForm";
import type { useChecks } from "@/hooks/useChecks";
import { asksForKey } from "@/lib/door";

/** How the server is; where it asks for the key, the place to show it. */
export function ServerRow({ results, isRunning, checkServer }: ReturnType<typeof useChecks>) {
  const { server } = results;
  const { finding = "" } = server;
  // Not while somebody is to speak: it takes the keyboard.
  const isAsked = !isRunning && asksForKey(finding);
  if (!isAsked) return <CheckRow name="server" result={server} />;
  return (
    // The form says the same, and what became of the key.
    <CheckRow name="server" result={{ ...server, finding: undefined }}>
      <KeyForm refusal={{ code: finding }} onAdmitted={() => void checkServer()} />
    </CheckRow>
  );
}
