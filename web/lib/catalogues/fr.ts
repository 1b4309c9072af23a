/** French, to a reader who is addressed as "vous". Marks keep their space: one that does not break. */

import type { Texts } from "@/lib/catalogues/en";
import { pluralIn } from "@/lib/formats";

export const fr: Texts = {
  language: "fr",

  page: {
    headline: "Parlons.",
    invited: "Une invitation vous attend.",
    invitation: (name) =>
      `${name} est un ordinateur qui parle. Parlez, tout simplement, et interrompez-le quand vous voulez.`,
    examples: "Demandez l’heure à Tokyo, un rendez-vous ou une histoire.",
    privacy: "Votre micro n’est allumé que pendant l’appel.",
    kept: (days) =>
      pluralIn("fr", days, {
        one: "Ce qui est dit est conservé un jour.",
        other: `Ce qui est dit est conservé ${days} jours.`,
      }),
    notFound: "Il n’y a rien ici.",
    backToStart: "Retour à l’accueil",
  },

  actions: {
    start: "Commencer à parler",
    startAgain: "Parler à nouveau",
    tryAgain: "Réessayer",
    startFresh: "Nouvelle conversation",
    openSecurePage: "Ouvrir la page sécurisée",
    openOwnTab: "Ouvrir dans un nouvel onglet",
    typeInstead: "Plutôt écrire",
    dismiss: "OK",
    settings: "Son et touches",
    close: "Fermer",
    cancel: "Annuler",
    takeBack: "Reprendre l’appel ici",
    goOn: "Continuer cette conversation",
    goOnEarlier: "Continuer la conversation précédente",
    hangUp: "Raccrocher",
    mute: "Couper le micro",
    unmute: "Rétablir le micro",
    unmuteNow: "Rétablir",
    turnOnMicrophone: "Allumer le micro",
    chooseMicrophone: "Choisir le micro",
    unnamedMicrophone: "Micro",
    takeDevice: (label) => `Utiliser « ${label} »`,
    send: "Envoyer",
    hear: "Touchez pour écouter",
    showKey: "Continuer",
  },

  labels: {
    callLength: "Durée de l’appel",
    language: "Langue",
    volume: "Volume sonore",
    speaker: "Haut-parleur",
    conversation: "Conversation",
    controls: "Commandes de l’appel",
    message: "Écrire un message",
    key: "Clé",
    caller: "Vous",
    interrupted: "interrompu",
  },

  tools: {
    time_in_place: {
      doing: "Consultation de l’heure",
      did: "Heure consultée",
      failed: "L’heure n’a pas pu être consultée",
      notDone: "Heure non consultée",
    },
    weather: {
      doing: "Consultation de la météo",
      did: "Météo consultée",
      failed: "La météo n’a pas pu être consultée",
      notDone: "Météo non consultée",
    },
    set_timer: {
      doing: "Réglage d’un minuteur",
      did: "Minuteur réglé",
      failed: "Le minuteur n’a pas pu être réglé",
      notDone: "Minuteur non réglé",
    },
    cancel_timer: {
      doing: "Annulation d’un minuteur",
      did: "Minuteur annulé",
      failed: "Le minuteur n’a pas pu être annulé",
      notDone: "Minuteur non annulé",
    },
    list_appointments: {
      doing: "Consultation de l’agenda",
      did: "Agenda consulté",
      failed: "L’agenda n’a pas pu être consulté",
      notDone: "Agenda non consulté",
    },
    book_appointment: {
      doing: "Prise d’un rendez-vous",
      did: "Rendez-vous pris",
      failed: "Le rendez-vous n’a pas pu être pris",
      notDone: "Rendez-vous non pris",
    },
    move_appointment: {
      doing: "Report d’un rendez-vous",
      did: "Rendez-vous reporté",
      failed: "Le rendez-vous n’a pas pu être reporté",
      notDone: "Rendez-vous non reporté",
    },
    cancel_appointment: {
      doing: "Annulation d’un rendez-vous",
      did: "Rendez-vous annulé",
      failed: "Le rendez-vous n’a pas pu être annulé",
      notDone: "Rendez-vous non annulé",
    },
  },

  tool: {
    doing: (name) => `${name} · en cours`,
    did: (name) => `${name} · terminé`,
    failed: (name) => `${name} · n’a pas marché`,
    notDone: (name) => `${name} · non effectué`,
    unanswered: (doing) => `${doing} · sans réponse`,
    unfinished: (doing) => `${doing} · inachevé`,
    booked: (day, time) => `Pris pour le ${day} à ${time}`,
    moved: (day, time) => `Reporté au ${day} à ${time}`,
  },

  answers: {
    yes: "Oui",
    no: "Non",
    notSent: "Votre réponse n’est pas arrivée. Dites-la, ou réessayez.",
    said: { yes: "Vous avez dit oui", no: "Vous avez dit non" },
  },

  typed: {
    sending: "Envoi en cours…",
    unsent: "Non envoyé.",
    again: "Renvoyer",
  },

  record: {
    title: (name) => `${name} : une conversation`,
    menu: "Garder cette conversation",
    copy: "Copier",
    markdown: "Télécharger en texte",
    json: "Télécharger en données (JSON)",
    srt: "Télécharger en sous-titres (SRT)",
    times: "Afficher les heures",
    reading: "Lire les réponses à voix haute",
    fullScreen: "Plein écran",
    textSize: "Taille du texte",
    textSizes: { normal: "Normale", large: "Grande", largest: "Très grande" },
    copied: "Copié.",
    notCopied: "Votre navigateur n’a pas permis de copier.",
    newest: "Au plus récent",
    unseen: (lines) =>
      pluralIn("fr", lines, {
        one: `${lines} nouvelle ligne`,
        other: `${lines} nouvelles lignes`,
      }),
  },

  wait: {
    label: (secs) => `Réponse après ${secs}`,
    secs: (secs) => `${secs} s`,
    parts: {
      endOfTurn: "S’assurer que vous aviez fini",
      model: "Trouver les premiers mots",
      voice: "Commencer à parler",
      rest: "En chemin",
    },
  },

  states: {
    microphone: "En attente de votre micro",
    room: "Connexion",
    bot: "Connexion",
    return: "Retour à votre appel…",
    weak: "Connexion faible",
    lost: "Reconnexion…",
    offline: "Vous êtes hors ligne. Reconnexion…",
    botAway: "L’assistant revient…",
    listening: "À l’écoute",
    thinking: "Réflexion",
    speaking: "Parle",
    muted: "Votre micro est coupé",
    unheard: "On ne vous entend pas",
    typing: "Écrivez au lieu de parler",
    asks: "À vous : oui ou non ?",
  },

  statesLate: {
    microphone: "En attente de votre micro. Si le navigateur le demande, autorisez-le.",
    room: "Connexion au serveur encore en cours…",
    bot: "En attente de l’assistant…",
    return: "Retour à votre appel encore en cours…",
  },

  heard: {
    soon: "Allez-y, je vous écoute",
    late: "Je vous écoute. La ligne s’établit encore…",
    full: "La ligne s’établit encore. J’ai ce que vous avez dit jusqu’ici.",
  },

  queue: (place) =>
    place <= 1 ? "Vous passez juste après" : `Vous êtes numéro ${place} dans la file`,

  troubles: {
    voice: "Du mal à parler, nouvel essai…",
    hearing: "Du mal à vous entendre. Vous pouvez écrire.",
    thinking: "Du mal à répondre, nouvel essai…",
  },

  titles: {
    connecting: "Connexion",
    live: "En appel",
    asks: "À vous",
    over: "Appel terminé",
    failed: "Pas d’appel",
    elsewhere: "Repris ailleurs",
  },

  elsewhere: "Un autre onglet a repris cet appel.",

  rating: {
    question: "C’était comment ?",
    good: "Bien",
    bad: "Pas bien",
    more: "Dites-nous en plus",
    send: "Envoyer",
    thanks: "Merci.",
    unsent: "Non envoyé. Réessayez.",
  },

  endings: {
    caller_left: "Vous avez mis fin à l’appel.",
    goodbye: "L’appel est terminé. Au revoir !",
    idle: "L’appel a pris fin, car personne ne parlait depuis un moment.",
    time_limit: "L’appel a atteint sa durée maximale.",
    drained: "L’appel a pris fin, car le service est en cours de mise à jour.",
    session_budget: "L’appel a épuisé tout ce qui est prévu pour un appel.",
    daily_budget: "L’appel a pris fin, car l’assistant a atteint sa limite du jour.",
    provider_failed: "L’appel a pris fin, car un service derrière l’assistant est tombé en panne.",
    error: "L’appel a pris fin à cause d’un problème de notre côté.",
    never_joined: "L’appel a pris fin, car la connexion a pris trop de temps.",
    ended: "L’appel est terminé.",
    away: "L’appel a pris fin pendant votre absence.",
    not_found: "Votre dernier appel n’a pas pu être retrouvé.",
  },

  failures: {
    no_microphone: "Nous n’avons pas trouvé de micro. Branchez-en un, puis réessayez.",
    permission_denied:
      "Le micro est bloqué. Autorisez-le dans la barre d’adresse du navigateur, puis réessayez.",
    permission_dismissed:
      "Vous n’avez pas autorisé le micro. Réessayez ; si le navigateur ne demande rien, autorisez-le dans sa barre d’adresse.",
    system_blocked:
      "Votre ordinateur refuse le micro au navigateur. Autorisez-le dans les réglages de confidentialité, puis réessayez.",
    microphone_busy:
      "Une autre application utilise votre micro. Libérez-le dans celle-ci, puis réessayez.",
    insecure_context:
      "Votre navigateur ne permet le micro que sur une page sécurisée. Ouvrez cette page en HTTPS.",
    frame_blocked:
      "La page qui entoure celle-ci ne laisse pas passer votre micro. Ouvrez l’assistant à part, ou écrivez.",
    no_media:
      "Ce navigateur ne donne pas accès au micro. Ouvrez cette page dans un autre, ou écrivez.",
    browser_old:
      "Il manque à ce navigateur de quoi faire un appel. Mettez-le à jour, ou prenez-en un autre.",
    server_unreachable:
      "Nous n’avons pas pu joindre le serveur. Vérifiez votre connexion, puis réessayez.",
    voice_unreachable: "La liaison vocale n’a pas pu être établie. Veuillez réessayer.",
    at_capacity: "Toutes les lignes sont occupées pour le moment.",
    draining: "Le service est en cours de mise à jour.",
    paused: "L’assistant ne prend pas d’appels en ce moment. Veuillez réessayer plus tard.",
    daily_budget: "L’assistant a atteint sa limite du jour. Veuillez réessayer demain.",
    rate_limited: "Cela fait beaucoup d’appels en peu de temps.",
    join_link_used: "Cette invitation a déjà servi.",
    session_forgotten: "Cette conversation n’est plus conservée.",
    session_live:
      "Cette conversation n’est pas encore terminée. Vous pourrez la continuer dans une minute.",
    key_needed: "Cet assistant demande une clé.",
    wrong_key: "Ce n’est pas la bonne clé. Vérifiez-la, puis réessayez.",
    access_slowed: "Il y a eu trop d’essais erronés.",
    sign_in_needed:
      "Vous n’êtes pas en session. Ouvrez de nouveau cette page et identifiez-vous d’abord.",
    invite_needed: "Il faut une invitation pour parler ici. Ouvrez le lien que vous avez reçu.",
    invite_unknown: "Cette invitation n’est pas connue ici. Vérifiez que le lien est complet.",
    invite_used_up: "Cette invitation est épuisée. Demandez-en une nouvelle.",
    invite_expired: "Cette invitation est trop ancienne. Demandez-en une nouvelle.",
    invite_revoked: "Cette invitation a été retirée.",
    bot_absent: "L’assistant n’a pas décroché. Veuillez réessayer.",
    bot_left: "L’assistant a quitté l’appel sans prévenir, et n’est pas revenu.",
    connection_lost: "La connexion a été perdue, et n’est pas revenue.",
    unexpected: "Un problème est survenu. Veuillez réessayer.",
  },

  tryAgain: {
    soon: "Veuillez réessayer dans un instant.",
    inSecs: (secs) =>
      pluralIn("fr", secs, {
        one: "Veuillez réessayer dans une seconde.",
        other: `Veuillez réessayer dans ${secs} secondes.`,
      }),
    inMinutes: (minutes) => `Veuillez réessayer dans environ ${minutes} minutes.`,
  },

  microphone: {
    none_left: () => "Votre micro a disparu, et il n’y en a pas d’autre. Branchez-en un.",
    blocked: () => "Le micro a été bloqué. Autorisez-le dans la barre d’adresse du navigateur.",
    taken: () => "Votre micro s’est arrêté. Une autre application l’a peut-être pris.",
    muted_by_computer: () => "Votre ordinateur a coupé le micro. Rétablissez-le là-bas.",
    talking_muted: () => "Vous parlez, mais votre micro est coupé.",
    silent: (now) => `On n’entend rien de « ${now} ». Est-il coupé ?`,
    replaced: (now, before) => `« ${before} » a disparu. « ${now} » le remplace.`,
    chosen_gone: (now) => `Le micro choisi n’est pas là. « ${now} » le remplace.`,
    echo: () => "L’assistant s’entend peut-être dans votre haut-parleur. Mettez un casque.",
    call_quality: (now) =>
      `« ${now} » envoie un son de téléphone. Un autre micro se comprend mieux.`,
  },
  microphoneNotSwitched: "Le micro n’a pas pu être changé.",

  keys: {
    hold: "Quand le micro est coupé, maintenez son bouton pour parler.",
    does: {
      talk: "Maintenir pour parler aussi",
      mute: "Couper, rétablir le micro",
      end: "Raccrocher",
      help: "Afficher cette liste",
    },
    caps: { space: "Espace", control: "Ctrl", shift: "Maj" },
  },

  check: {
    title: "Vérifier votre ligne",
    intro:
      "Nous regardons tout ce qu’il faut pour un appel, et disons que faire là où il manque quelque chose.",
    start: "Commencer la vérification",
    again: "Vérifier à nouveau",
    say: "Parlez pendant trois secondes.",
    playBack: "Ce que nous avons entendu. Est-ce vous ?",
    playTone: "Jouer un son",
    heard: "Je l’ai entendu",
    notHeard: "Je n’ai rien entendu",
    copy: "Copier pour l’assistance",
    copied: "Copié.",
    report: "Rapport",
    link: "Vérifier le micro et la ligne",
    names: {
      browser: "Navigateur",
      microphone: "Micro",
      speaker: "Haut-parleur",
      server: "Serveur",
      line: "Liaison vocale",
      sound: "Chemin du son",
      relay: "Relais",
    },
    statuses: {
      waiting: "pas encore vérifié",
      running: "vérification",
      good: "bien",
      weak: "marche, mais",
      bad: "ne marche pas",
      skipped: "laissé de côté",
    },
    findings: {
      browser_ok: "Ce navigateur permet un appel.",
      microphone_ok: "On entend votre micro.",
      microphone_silent:
        "Nous n’en entendons rien. Est-il coupé, par un bouton ou dans les réglages de votre ordinateur ? Est-ce le bon ?",
      speaker_ok: "Vous nous entendez.",
      speaker_silent:
        "Montez le volume, et regardez quel haut-parleur ou quel casque utilise votre ordinateur.",
      server_ok: "Le serveur répond.",
      line_ok: "Le serveur vocal est joignable.",
      line_blocked:
        "Quelque chose entre vous et le serveur vocal bloque les WebSockets : un pare-feu, un proxy ou un VPN. Essayez un autre réseau, ou demandez à qui gère le vôtre.",
      sound_udp: "Le son prend le chemin le plus rapide (UDP).",
      sound_tcp:
        "UDP est bloqué ici ; le son passe par TCP et peut saccader. Un autre réseau, ou qui gère le vôtre, peut aider.",
      sound_relayed: "Le son passe par un relais. Cela marche, un peu moins vite.",
      sound_blocked:
        "Le son n’a trouvé aucun chemin : un pare-feu ou un VPN bloque UDP et TCP. Essayez un autre réseau, ou demandez à qui gère le vôtre.",
      relay_ok: "Si le chemin direct est bloqué, un relais prend la suite.",
      relay_none:
        "Ce serveur n’a pas de relais. Il n’en faut pas tant que le son trouve son chemin.",
      relay_blocked:
        "Le relais n’est pas joignable. Il n’en faut pas tant que le son trouve son chemin.",
      not_reached: "Laissé de côté, car ce qui précède a échoué.",
    },
  },
};
