import { useEffect } from "react";

import { PRODUCT_NAME } from "@/lib/texts";

/** Names the tab after what goes on in it; undefined leaves the name of the page alone. */
export function useTitle(words: string | undefined): void {
  useEffect(() => {
    document.title = words === undefined ? PRODUCT_NAME : `${words} · ${PRODUCT_NAME}`;
  }, [words]);
}
