/** What is said when nothing more can be counted on, not even that words can be loaded. */

import type { Language } from "@/lib/formats";

interface Broken {
  sentence: string;
  action: string;
  /** What the way to the check of the line is called. */
  check: string;
}

export const BROKEN: Readonly<Record<Language, Broken>> = {
  en: {
    sentence: "The page has broken. Load it again: a call that was on goes on.",
    action: "Load again",
    check: "Check microphone and line",
  },
  de: {
    sentence: "Die Seite ist abgestürzt. Laden Sie sie neu: Ein laufendes Gespräch geht weiter.",
    action: "Neu laden",
    check: "Mikrofon und Leitung prüfen",
  },
  fr: {
    sentence: "La page s’est arrêtée. Rechargez-la : un appel en cours reprendra.",
    action: "Recharger",
    check: "Vérifier le micro et la ligne",
  },
  es: {
    sentence: "La página ha fallado. Vuelva a cargarla: una llamada en curso continuará.",
    action: "Volver a cargar",
    check: "Comprobar micrófono y línea",
  },
  ja: {
    sentence: "ページが停止しました。再読み込みすると、通話中だった場合はそのまま続きます。",
    action: "再読み込み",
    check: "マイクと回線を確認する",
  },
};
