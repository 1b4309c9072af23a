/** German, to a reader who is addressed as "Sie". */

import type { Texts } from "@/lib/catalogues/en";
import { pluralIn } from "@/lib/formats";

export const de: Texts = {
  language: "de",

  page: {
    headline: "Reden wir.",
    invited: "Sie sind eingeladen.",
    invitation: (name) =>
      `${name} ist ein Computer, der spricht. Sprechen Sie einfach, und unterbrechen Sie ihn jederzeit.`,
    examples: "Fragen Sie nach der Uhrzeit in Tokio, nach einem Termin oder nach einer Geschichte.",
    privacy: "Ihr Mikrofon ist nur während des Gesprächs an.",
    kept: (days) =>
      pluralIn("de", days, {
        one: "Was gesagt wird, bleibt einen Tag gespeichert.",
        other: `Was gesagt wird, bleibt ${days} Tage gespeichert.`,
      }),
    notFound: "Hier ist nichts.",
    backToStart: "Zur Startseite",
  },

  actions: {
    start: "Gespräch beginnen",
    startAgain: "Noch einmal sprechen",
    tryAgain: "Noch einmal versuchen",
    startFresh: "Neues Gespräch beginnen",
    openSecurePage: "Sichere Seite öffnen",
    openOwnTab: "In neuem Tab öffnen",
    typeInstead: "Lieber tippen",
    dismiss: "OK",
    settings: "Ton und Tasten",
    close: "Schließen",
    cancel: "Abbrechen",
    takeBack: "Hierher zurückholen",
    goOn: "Dieses Gespräch fortsetzen",
    goOnEarlier: "Früheres Gespräch fortsetzen",
    hangUp: "Gespräch beenden",
    mute: "Mikrofon stummschalten",
    unmute: "Stummschaltung aufheben",
    unmuteNow: "Stummschaltung aufheben",
    turnOnMicrophone: "Mikrofon einschalten",
    chooseMicrophone: "Mikrofon wählen",
    unnamedMicrophone: "Mikrofon",
    takeDevice: (label) => `„${label}“ verwenden`,
    send: "Senden",
    hear: "Tippen, um zu hören",
    showKey: "Weiter",
  },

  labels: {
    callLength: "Dauer des Gesprächs",
    language: "Sprache",
    volume: "Lautstärke",
    speaker: "Lautsprecher",
    conversation: "Gespräch",
    controls: "Bedienung des Gesprächs",
    message: "Nachricht schreiben",
    key: "Schlüssel",
    caller: "Sie",
    interrupted: "unterbrochen",
  },

  tools: {
    time_in_place: {
      doing: "Uhrzeit wird nachgesehen",
      did: "Uhrzeit nachgesehen",
      failed: "Uhrzeit konnte nicht nachgesehen werden",
      notDone: "Uhrzeit nicht nachgesehen",
    },
    weather: {
      doing: "Wetter wird nachgesehen",
      did: "Wetter nachgesehen",
      failed: "Wetter konnte nicht nachgesehen werden",
      notDone: "Wetter nicht nachgesehen",
    },
    set_timer: {
      doing: "Timer wird gestellt",
      did: "Timer gestellt",
      failed: "Timer konnte nicht gestellt werden",
      notDone: "Timer nicht gestellt",
    },
    cancel_timer: {
      doing: "Timer wird gelöscht",
      did: "Timer gelöscht",
      failed: "Timer konnte nicht gelöscht werden",
      notDone: "Timer nicht gelöscht",
    },
    list_appointments: {
      doing: "Kalender wird angesehen",
      did: "Kalender angesehen",
      failed: "Kalender konnte nicht angesehen werden",
      notDone: "Kalender nicht angesehen",
    },
    book_appointment: {
      doing: "Termin wird gebucht",
      did: "Termin gebucht",
      failed: "Termin konnte nicht gebucht werden",
      notDone: "Termin nicht gebucht",
    },
    move_appointment: {
      doing: "Termin wird verschoben",
      did: "Termin verschoben",
      failed: "Termin konnte nicht verschoben werden",
      notDone: "Termin nicht verschoben",
    },
    cancel_appointment: {
      doing: "Termin wird abgesagt",
      did: "Termin abgesagt",
      failed: "Termin konnte nicht abgesagt werden",
      notDone: "Termin nicht abgesagt",
    },
  },

  tool: {
    doing: (name) => `${name} · läuft`,
    did: (name) => `${name} · erledigt`,
    failed: (name) => `${name} · hat nicht geklappt`,
    notDone: (name) => `${name} · nicht ausgeführt`,
    unanswered: (doing) => `${doing} · blieb unbeantwortet`,
    unfinished: (doing) => `${doing} · wurde nicht fertig`,
    booked: (day, time) => `Gebucht für ${day}, ${time}`,
    moved: (day, time) => `Verschoben auf ${day}, ${time}`,
  },

  answers: {
    yes: "Ja",
    no: "Nein",
    notSent: "Ihre Antwort kam nicht an. Sagen Sie sie, oder versuchen Sie es noch einmal.",
    said: { yes: "Sie haben Ja gesagt", no: "Sie haben Nein gesagt" },
  },

  typed: {
    sending: "Wird gesendet …",
    unsent: "Nicht gesendet.",
    again: "Erneut senden",
  },

  record: {
    title: (name) => `${name}: ein Gespräch`,
    menu: "Dieses Gespräch aufheben",
    copy: "Kopieren",
    markdown: "Als Text herunterladen",
    json: "Als Daten herunterladen (JSON)",
    srt: "Als Untertitel herunterladen (SRT)",
    times: "Zeiten anzeigen",
    reading: "Antworten vorlesen",
    fullScreen: "Vollbild",
    textSize: "Schriftgröße",
    textSizes: { normal: "Normal", large: "Groß", largest: "Sehr groß" },
    copied: "Kopiert.",
    notCopied: "Ihr Browser hat das Kopieren nicht zugelassen.",
    newest: "Zum Neuesten",
    unseen: (lines) =>
      pluralIn("de", lines, { one: "1 neue Zeile", other: `${lines} neue Zeilen` }),
  },

  wait: {
    label: (secs) => `Antwort nach ${secs}`,
    secs: (secs) => `${secs} s`,
    parts: {
      endOfTurn: "Abwarten, ob Sie fertig sind",
      model: "Die ersten Worte finden",
      voice: "Zu sprechen beginnen",
      rest: "Unterwegs",
    },
  },

  states: {
    microphone: "Warten auf Ihr Mikrofon",
    room: "Verbindung wird aufgebaut",
    bot: "Verbindung wird aufgebaut",
    return: "Zurück in Ihr Gespräch …",
    weak: "Schwache Verbindung",
    lost: "Neu verbinden …",
    offline: "Sie sind offline. Neu verbinden …",
    botAway: "Der Assistent kommt zurück …",
    listening: "Hört zu",
    thinking: "Denkt nach",
    speaking: "Spricht",
    muted: "Sie sind stummgeschaltet",
    unheard: "Sie sind nicht zu hören",
    typing: "Schreiben statt sprechen",
    asks: "Sie sind dran: ja oder nein?",
  },

  statesLate: {
    microphone: "Warten auf Ihr Mikrofon. Wenn Ihr Browser fragt, erlauben Sie es bitte.",
    room: "Die Verbindung zum Server dauert noch …",
    bot: "Warten auf den Assistenten …",
    return: "Immer noch auf dem Weg in Ihr Gespräch …",
  },

  heard: {
    soon: "Sprechen Sie, ich höre zu",
    late: "Ich höre zu. Die Leitung wird noch aufgebaut …",
    full: "Es dauert noch. Was Sie bisher gesagt haben, habe ich.",
  },

  queue: (place) =>
    place <= 1 ? "Sie sind als Nächstes dran" : `Sie sind Nummer ${place} in der Warteschlange`,

  troubles: {
    voice: "Das Sprechen stockt, neuer Versuch …",
    hearing: "Das Zuhören stockt. Sie können tippen.",
    thinking: "Die Antwort stockt, neuer Versuch …",
  },

  titles: {
    connecting: "Verbinden",
    live: "Im Gespräch",
    asks: "Sie sind dran",
    over: "Gespräch beendet",
    failed: "Kein Gespräch",
    elsewhere: "Anderswo übernommen",
  },

  elsewhere: "Ein anderer Tab hat dieses Gespräch übernommen.",

  rating: {
    question: "Wie war es?",
    good: "Gut",
    bad: "Nicht gut",
    more: "Mehr dazu",
    send: "Absenden",
    thanks: "Danke.",
    unsent: "Nicht gesendet. Bitte noch einmal.",
  },

  endings: {
    caller_left: "Sie haben das Gespräch beendet.",
    goodbye: "Das Gespräch ist zu Ende. Auf Wiedersehen!",
    idle: "Das Gespräch endete, weil es eine Weile still war.",
    time_limit: "Das Gespräch hat sein Zeitlimit erreicht.",
    drained: "Das Gespräch endete, weil der Dienst aktualisiert wird.",
    session_budget: "Das Gespräch hat alles aufgebraucht, was einem Gespräch zusteht.",
    daily_budget: "Das Gespräch endete, weil der Assistent sein Limit für heute erreicht hat.",
    provider_failed: "Das Gespräch endete, weil ein Dienst hinter dem Assistenten ausgefallen ist.",
    error: "Das Gespräch endete, weil bei uns etwas schiefgegangen ist.",
    never_joined: "Das Gespräch endete, weil die Verbindung zu lange brauchte.",
    ended: "Das Gespräch ist zu Ende.",
    away: "Das Gespräch endete, während Sie weg waren.",
    not_found: "Ihr letztes Gespräch war nicht mehr zu finden.",
  },

  failures: {
    no_microphone:
      "Wir haben kein Mikrofon gefunden. Schließen Sie eines an, und versuchen Sie es noch einmal.",
    permission_denied:
      "Das Mikrofon ist blockiert. Erlauben Sie es in der Adresszeile Ihres Browsers, und versuchen Sie es noch einmal.",
    permission_dismissed:
      "Das Mikrofon ist nicht erlaubt. Versuchen Sie es noch einmal; fragt Ihr Browser dann nicht, erlauben Sie es in seiner Adresszeile.",
    system_blocked:
      "Ihr Computer gibt dem Browser das Mikrofon nicht. Erlauben Sie es in den Datenschutz-Einstellungen, und versuchen Sie es noch einmal.",
    microphone_busy:
      "Eine andere App benutzt Ihr Mikrofon. Beenden Sie das dort, und versuchen Sie es noch einmal.",
    insecure_context:
      "Ihr Browser erlaubt ein Mikrofon nur auf einer sicheren Seite. Öffnen Sie diese Seite über HTTPS.",
    frame_blocked:
      "Die Seite um diese herum lässt Ihr Mikrofon nicht durch. Öffnen Sie den Assistenten für sich, oder tippen Sie.",
    no_media:
      "Dieser Browser gibt kein Mikrofon frei. Öffnen Sie die Seite in einem anderen, oder tippen Sie.",
    browser_old:
      "Diesem Browser fehlt, was ein Gespräch braucht. Aktualisieren Sie ihn, oder nehmen Sie einen anderen.",
    server_unreachable:
      "Wir haben den Server nicht erreicht. Prüfen Sie Ihre Verbindung, und versuchen Sie es noch einmal.",
    voice_unreachable:
      "Die Sprachverbindung kam nicht zustande. Bitte versuchen Sie es noch einmal.",
    at_capacity: "Gerade sind alle Leitungen belegt.",
    draining: "Der Dienst wird gerade aktualisiert.",
    paused:
      "Der Assistent nimmt gerade keine Gespräche an. Bitte versuchen Sie es später noch einmal.",
    daily_budget:
      "Der Assistent hat sein Limit für heute erreicht. Bitte versuchen Sie es morgen wieder.",
    rate_limited: "Das waren viele Gespräche in kurzer Zeit.",
    join_link_used: "Diese Einladung wurde schon benutzt.",
    session_forgotten: "Dieses Gespräch ist nicht mehr gespeichert.",
    session_live:
      "Dieses Gespräch ist noch nicht zu Ende. In einer Minute können Sie es fortsetzen.",
    key_needed: "Dieser Assistent fragt nach einem Schlüssel.",
    wrong_key:
      "Das ist nicht der Schlüssel. Bitte prüfen Sie ihn, und versuchen Sie es noch einmal.",
    access_slowed: "Das waren zu viele falsche Versuche.",
    sign_in_needed:
      "Sie sind nicht angemeldet. Öffnen Sie diese Seite noch einmal, und melden Sie sich zuerst an.",
    invite_needed:
      "Hier spricht man mit einer Einladung. Öffnen Sie den Link, den Sie bekommen haben.",
    invite_unknown:
      "Diese Einladung ist hier nicht bekannt. Prüfen Sie, ob der Link vollständig ist.",
    invite_used_up: "Diese Einladung ist aufgebraucht. Bitten Sie um eine neue.",
    invite_expired: "Diese Einladung ist zu alt. Bitten Sie um eine neue.",
    invite_revoked: "Diese Einladung wurde zurückgezogen.",
    bot_absent: "Der Assistent hat nicht abgenommen. Bitte versuchen Sie es noch einmal.",
    bot_left: "Der Assistent hat das Gespräch unerwartet verlassen und kam nicht zurück.",
    connection_lost: "Die Verbindung ist abgerissen und kam nicht zurück.",
    unexpected: "Etwas ist schiefgegangen. Bitte versuchen Sie es noch einmal.",
  },

  tryAgain: {
    soon: "Bitte versuchen Sie es gleich noch einmal.",
    inSecs: (secs) =>
      pluralIn("de", secs, {
        one: "Bitte versuchen Sie es in einer Sekunde noch einmal.",
        other: `Bitte versuchen Sie es in ${secs} Sekunden noch einmal.`,
      }),
    inMinutes: (minutes) => `Bitte versuchen Sie es in etwa ${minutes} Minuten noch einmal.`,
  },

  microphone: {
    none_left: () => "Ihr Mikrofon ist weg, und es gibt kein anderes. Schließen Sie eines an.",
    blocked: () =>
      "Das Mikrofon wurde blockiert. Erlauben Sie es in der Adresszeile Ihres Browsers.",
    taken: () => "Ihr Mikrofon ist verstummt. Vielleicht hat eine andere App es übernommen.",
    muted_by_computer: () =>
      "Ihr Computer hat das Mikrofon stummgeschaltet. Schalten Sie es dort ein.",
    talking_muted: () => "Sie sprechen, sind aber stummgeschaltet.",
    silent: (now) => `Von „${now}“ ist nichts zu hören. Ist es stummgeschaltet?`,
    replaced: (now, before) => `„${before}“ ist weg. Jetzt wird „${now}“ verwendet.`,
    chosen_gone: (now) => `Das gewählte Mikrofon ist nicht da. Jetzt wird „${now}“ verwendet.`,
    echo: () =>
      "Der Assistent hört sich vielleicht selbst aus Ihrem Lautsprecher. Nehmen Sie Kopfhörer.",
    call_quality: (now) =>
      `„${now}“ sendet Telefonqualität. Ein anderes Mikrofon wird besser verstanden.`,
  },
  microphoneNotSwitched: "Das Mikrofon ließ sich nicht umschalten.",

  keys: {
    hold: "Solange Sie stummgeschaltet sind, halten Sie zum Sprechen den Mikrofonknopf gedrückt.",
    does: {
      talk: "Gedrückt halten, um zu sprechen",
      mute: "Stummschalten, aufheben",
      end: "Gespräch beenden",
      help: "Diese Liste zeigen",
    },
    caps: { space: "Leertaste", control: "Strg", shift: "Umschalt" },
  },

  check: {
    title: "Ihre Leitung prüfen",
    intro:
      "Hier wird alles geprüft, was ein Gespräch braucht, und gesagt, was hilft, wo etwas fehlt.",
    start: "Prüfung beginnen",
    again: "Noch einmal prüfen",
    say: "Sprechen Sie drei Sekunden lang.",
    playBack: "Das haben wir gehört. Sind Sie es?",
    playTone: "Ton abspielen",
    heard: "Ich habe ihn gehört",
    notHeard: "Ich habe nichts gehört",
    copy: "Für die Hilfe kopieren",
    copied: "Kopiert.",
    report: "Bericht",
    link: "Mikrofon und Leitung prüfen",
    names: {
      browser: "Browser",
      microphone: "Mikrofon",
      speaker: "Lautsprecher",
      server: "Server",
      line: "Sprachverbindung",
      sound: "Weg des Tons",
      relay: "Relais",
    },
    statuses: {
      waiting: "noch nicht geprüft",
      running: "wird geprüft",
      good: "gut",
      weak: "geht, aber",
      bad: "geht nicht",
      skipped: "ausgelassen",
    },
    findings: {
      browser_ok: "Dieser Browser kann ein Gespräch führen.",
      microphone_ok: "Ihr Mikrofon ist zu hören.",
      microphone_silent:
        "Wir hören nichts davon. Ist es stummgeschaltet, durch einen Schalter oder in den Einstellungen Ihres Computers? Ist es das richtige?",
      speaker_ok: "Sie hören uns.",
      speaker_silent:
        "Stellen Sie lauter, und sehen Sie nach, über welchen Lautsprecher oder Kopfhörer Ihr Computer spielt.",
      server_ok: "Der Server antwortet.",
      line_ok: "Der Sprachserver ist erreichbar.",
      line_blocked:
        "Etwas zwischen Ihnen und dem Sprachserver hält WebSockets auf: eine Firewall, ein Proxy oder ein VPN. Versuchen Sie ein anderes Netz, oder fragen Sie, wer Ihres betreut.",
      sound_udp: "Der Ton nimmt den schnellsten Weg (UDP).",
      sound_tcp:
        "UDP ist hier gesperrt, deshalb geht der Ton über TCP und kann stocken. Ein anderes Netz hilft, oder wer Ihres betreut.",
      sound_relayed: "Der Ton geht über ein Relais. Das funktioniert und dauert etwas länger.",
      sound_blocked:
        "Der Ton fand keinen Weg: Eine Firewall oder ein VPN sperrt UDP und TCP. Versuchen Sie ein anderes Netz, oder fragen Sie, wer Ihres betreut.",
      relay_ok: "Ist der direkte Weg gesperrt, springt ein Relais ein.",
      relay_none:
        "Dieser Server hat kein Relais. Solange der Ton seinen Weg findet, brauchen Sie keines.",
      relay_blocked:
        "Das Relais ist nicht erreichbar. Solange der Ton seinen Weg findet, brauchen Sie keines.",
      not_reached: "Ausgelassen, weil das davor nicht ging.",
    },
  },
};
