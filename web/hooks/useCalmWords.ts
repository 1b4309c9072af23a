import { createContext, useContext, useEffect, useRef, useState } from "react";

import { CalmWords, type Words } from "@/lib/calmWords";

/** False where nobody's eye has to follow: then words are shown in the moment they are true. */
export const CalmPage = createContext(true);

/** The words to show for those that are true now: never for less than the eye takes to read them. */
export function useCalmWords(wanted: Words): Words {
  const isCalm = useContext(CalmPage);
  const [shown, setShown] = useState<Words>({ words: "" });
  const calm = useRef<CalmWords>(null);

  useEffect(() => {
    const place = new CalmWords(setShown);
    calm.current = place;
    return () => place.stop();
  }, []);

  useEffect(() => calm.current?.want(wanted), [wanted]);

  return isCalm ? shown : wanted;
}
