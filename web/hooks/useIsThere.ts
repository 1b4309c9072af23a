import { useEffect, useState } from "react";

/** Within which a screen reader has seen what is new on the page. */
const SEEN_MS = 100;

/** False while an element has only just come. */
export function useIsThere(): boolean {
  const [isThere, setIsThere] = useState(false);

  useEffect(() => {
    const timer = setTimeout(() => setIsThere(true), SEEN_MS);
    return () => clearTimeout(timer);
  }, []);

  return isThere;
}
