import { installation } from "@/lib/installation";

/** Words of the conversation, which has a language of its own: so they are read aloud in it. */
export function Said({ children }: { children: string }) {
  return <span lang={installation.language || undefined}>{children}</span>;
}
