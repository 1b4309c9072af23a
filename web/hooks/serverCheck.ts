import { type CheckName, type CheckResult, found } from "@/lib/check";
import { env } from "@/lib/env";
import { failureOf } from "@/lib/failure";
import { askForLine, type LineAccess } from "@/lib/lineAccess";
import { canHoldCall } from "@/lib/permission";

/** What comes after the server. */
const REST = ["line", "sound", "relay"] as const;

/** Whether the server answers, and what lies behind it; each is blamed for its own alone. */
export async function checkServerAndLine(
  report: (name: CheckName, result: CheckResult) => void,
): Promise<void> {
  const skip = (names: readonly CheckName[]) => {
    for (const name of names) report(name, found("skipped", "not_reached"));
  };
  report("server", { status: "running" });
  let access: LineAccess;
  try {
    access = await askForLine(env.apiUrl);
  } catch (error) {
    report("server", found("bad", failureOf(error).code));
    return skip(REST);
  }
  report("server", found("good", "server_ok"));
  // What the browser lacks is no fault of the way.
  if (!canHoldCall()) return skip(REST);
  try {
    const { checkLine } = await import("@/hooks/lineCheck");
    await checkLine(access, report);
  } catch (error) {
    report("line", found("bad", failureOf(error).code));
    skip(REST.slice(1));
  }
}
