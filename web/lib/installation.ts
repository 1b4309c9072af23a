/** What this installation says of itself; the server writes it into the page (`bot/http/page/branded.py`). */

export interface PageLink {
  text: string;
  url: string;
}

export interface Installation {
  /** What the assistant is called. */
  name: string;
  /** The first words of the welcome; null: the page's own. */
  headline: string | null;
  links: readonly PageLink[];
  /** How long it is kept what is said; 0: it is not. */
  kept_days: number;
  /** That is spoken, as a BCP 47 tag; empty: several. */
  language: string;
}

export const FACTS_ID = "installation";

/** As the page is built, and as it is called where no server says anything else. */
export const OWN_NAME = "Parley";

export const AS_BUILT: Installation = {
  name: OWN_NAME,
  headline: null,
  links: [],
  kept_days: 0,
  language: "",
};

function readFacts(): Installation {
  if (typeof document === "undefined") return AS_BUILT;
  const told = document.getElementById(FACTS_ID)?.textContent;
  return told ? (JSON.parse(told) as Installation) : AS_BUILT;
}

export const installation = readFacts();
