import type { ReactNode } from "react";

import { useIsThere } from "@/hooks/useIsThere";

interface StatusProps {
  children: ReactNode;
  className: string;
}

/**
 * What a screen reader says when it has time. It says what changes in a place it knows, and nothing
 * that comes with its place: so the words come once more, unseen, when the place is known.
 */
export function Status({ children, className }: StatusProps) {
  const isThere = useIsThere();
  return (
    <p role="status" aria-live={isThere ? "polite" : "off"} className={className}>
      <span key={String(isThere)}>{children}</span>
    </p>
  );
}
