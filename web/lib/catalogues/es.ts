/** Spanish, to a reader who is addressed as "usted". */

import type { Texts } from "@/lib/catalogues/en";
import { pluralIn } from "@/lib/formats";

export const es: Texts = {
  language: "es",

  page: {
    headline: "Hablemos.",
    invited: "Tiene una invitación.",
    invitation: (name) =>
      `${name} es un ordenador que habla. Hable sin más, e interrúmpalo cuando quiera.`,
    examples: "Pida la hora de Tokio, una cita o un cuento.",
    privacy: "Su micrófono solo está encendido durante la llamada.",
    kept: (days) =>
      pluralIn("es", days, {
        one: "Lo que se dice se guarda un día.",
        other: `Lo que se dice se guarda ${days} días.`,
      }),
    notFound: "Aquí no hay nada.",
    backToStart: "Volver al inicio",
  },

  actions: {
    start: "Empezar a hablar",
    startAgain: "Hablar otra vez",
    tryAgain: "Intentar de nuevo",
    startFresh: "Nueva conversación",
    openSecurePage: "Abrir la página segura",
    openOwnTab: "Abrir en otra pestaña",
    typeInstead: "Prefiero escribir",
    dismiss: "Entendido",
    settings: "Sonido y teclas",
    close: "Cerrar",
    cancel: "Cancelar",
    takeBack: "Traerla aquí",
    goOn: "Continuar esta conversación",
    goOnEarlier: "Continuar la conversación anterior",
    hangUp: "Colgar",
    mute: "Silenciar el micrófono",
    unmute: "Activar el micrófono",
    unmuteNow: "Activar",
    turnOnMicrophone: "Encender el micrófono",
    chooseMicrophone: "Elegir micrófono",
    unnamedMicrophone: "Micrófono",
    takeDevice: (label) => `Usar «${label}»`,
    send: "Enviar",
    hear: "Toque para oír",
    showKey: "Continuar",
  },

  labels: {
    callLength: "Duración de la llamada",
    language: "Idioma",
    volume: "Volumen",
    speaker: "Altavoz",
    conversation: "Conversación",
    controls: "Controles de la llamada",
    message: "Escribir un mensaje",
    key: "Clave",
    caller: "Usted",
    interrupted: "interrumpido",
  },

  tools: {
    time_in_place: {
      doing: "Consultando la hora",
      did: "Hora consultada",
      failed: "No se pudo consultar la hora",
      notDone: "Hora no consultada",
    },
    weather: {
      doing: "Consultando el tiempo",
      did: "Tiempo consultado",
      failed: "No se pudo consultar el tiempo",
      notDone: "Tiempo no consultado",
    },
    set_timer: {
      doing: "Poniendo un temporizador",
      did: "Temporizador puesto",
      failed: "No se pudo poner el temporizador",
      notDone: "Temporizador no puesto",
    },
    cancel_timer: {
      doing: "Cancelando un temporizador",
      did: "Temporizador cancelado",
      failed: "No se pudo cancelar el temporizador",
      notDone: "Temporizador no cancelado",
    },
    list_appointments: {
      doing: "Consultando la agenda",
      did: "Agenda consultada",
      failed: "No se pudo consultar la agenda",
      notDone: "Agenda no consultada",
    },
    book_appointment: {
      doing: "Reservando una cita",
      did: "Cita reservada",
      failed: "No se pudo reservar la cita",
      notDone: "Cita no reservada",
    },
    move_appointment: {
      doing: "Cambiando una cita",
      did: "Cita cambiada",
      failed: "No se pudo cambiar la cita",
      notDone: "Cita no cambiada",
    },
    cancel_appointment: {
      doing: "Anulando una cita",
      did: "Cita anulada",
      failed: "No se pudo anular la cita",
      notDone: "Cita no anulada",
    },
  },

  tool: {
    doing: (name) => `${name} · en curso`,
    did: (name) => `${name} · hecho`,
    failed: (name) => `${name} · no funcionó`,
    notDone: (name) => `${name} · sin hacer`,
    unanswered: (doing) => `${doing} · quedó sin respuesta`,
    unfinished: (doing) => `${doing} · quedó sin terminar`,
    booked: (day, time) => `Reservada para el ${day}, ${time}`,
    moved: (day, time) => `Cambiada al ${day}, ${time}`,
  },

  answers: {
    yes: "Sí",
    no: "No",
    notSent: "Su respuesta no llegó. Dígala, o inténtelo de nuevo.",
    said: { yes: "Ha dicho que sí", no: "Ha dicho que no" },
  },

  typed: {
    sending: "Enviando…",
    unsent: "Sin enviar.",
    again: "Enviar otra vez",
  },

  record: {
    title: (name) => `${name}: una conversación`,
    menu: "Guardar esta conversación",
    copy: "Copiar",
    markdown: "Descargar como texto",
    json: "Descargar como datos (JSON)",
    srt: "Descargar como subtítulos (SRT)",
    times: "Mostrar las horas",
    reading: "Leer las respuestas en voz alta",
    fullScreen: "Pantalla completa",
    textSize: "Tamaño del texto",
    textSizes: { normal: "Normal", large: "Grande", largest: "Muy grande" },
    copied: "Copiado.",
    notCopied: "Su navegador no permitió copiar.",
    newest: "A lo más reciente",
    unseen: (lines) =>
      pluralIn("es", lines, { one: "1 línea nueva", other: `${lines} líneas nuevas` }),
  },

  wait: {
    label: (secs) => `Respuesta tras ${secs}`,
    secs: (secs) => `${secs} s`,
    parts: {
      endOfTurn: "Asegurarse de que había terminado",
      model: "Encontrar las primeras palabras",
      voice: "Empezar a hablar",
      rest: "En camino",
    },
  },

  states: {
    microphone: "Esperando su micrófono",
    room: "Conectando",
    bot: "Conectando",
    return: "Volviendo a su llamada…",
    weak: "Conexión débil",
    lost: "Volviendo a conectar…",
    offline: "Está sin conexión. Volviendo a conectar…",
    botAway: "El asistente está volviendo…",
    listening: "Escuchando",
    thinking: "Pensando",
    speaking: "Hablando",
    muted: "Su micrófono está silenciado",
    unheard: "No se le oye",
    typing: "Escriba en vez de hablar",
    asks: "Su turno: ¿sí o no?",
  },

  statesLate: {
    microphone: "Esperando su micrófono. Si el navegador pregunta, permítalo.",
    room: "Todavía conectando con el servidor…",
    bot: "Esperando al asistente…",
    return: "Todavía volviendo a su llamada…",
  },

  heard: {
    soon: "Adelante, le escucho",
    late: "Le escucho. La línea aún se está estableciendo…",
    full: "Aún conectando. Tengo lo que ha dicho hasta ahora.",
  },

  queue: (place) => (place <= 1 ? "Es el siguiente turno" : `Tiene el número ${place} en la cola`),

  troubles: {
    voice: "Hay problemas al hablar, otro intento…",
    hearing: "Hay problemas para oírle. Puede escribir.",
    thinking: "Hay problemas al responder, otro intento…",
  },

  titles: {
    connecting: "Conectando",
    live: "En llamada",
    asks: "Su turno",
    over: "Llamada terminada",
    failed: "Sin llamada",
    elsewhere: "Tomada por otra pestaña",
  },

  elsewhere: "Otra pestaña ha tomado esta llamada.",

  rating: {
    question: "¿Qué tal?",
    good: "Bien",
    bad: "Mal",
    more: "Cuéntenos más",
    send: "Enviar",
    thanks: "Gracias.",
    unsent: "No se envió. Inténtelo de nuevo.",
  },

  endings: {
    caller_left: "Usted terminó la llamada.",
    goodbye: "La llamada ha terminado. ¡Hasta luego!",
    idle: "La llamada terminó porque hubo silencio durante un rato.",
    time_limit: "La llamada llegó a su tiempo máximo.",
    drained: "La llamada terminó porque se está actualizando el servicio.",
    session_budget: "La llamada agotó todo lo que corresponde a una llamada.",
    daily_budget: "La llamada terminó porque el asistente llegó a su límite de hoy.",
    provider_failed: "La llamada terminó porque falló un servicio del que depende el asistente.",
    error: "La llamada terminó por un problema nuestro.",
    never_joined: "La llamada terminó porque la conexión tardó demasiado.",
    ended: "La llamada ha terminado.",
    away: "La llamada terminó mientras usted no estaba.",
    not_found: "No se pudo encontrar su última llamada.",
  },

  failures: {
    no_microphone: "No encontramos ningún micrófono. Conecte uno e inténtelo de nuevo.",
    permission_denied:
      "El micrófono está bloqueado. Permítalo en la barra de direcciones del navegador e inténtelo de nuevo.",
    permission_dismissed:
      "No ha permitido el micrófono. Inténtelo de nuevo; si el navegador no pregunta, permítalo en la barra de direcciones.",
    system_blocked:
      "Su ordenador no deja el micrófono al navegador. Permítalo en los ajustes de privacidad e inténtelo de nuevo.",
    microphone_busy:
      "Otra aplicación está usando su micrófono. Ciérrelo allí e inténtelo de nuevo.",
    insecure_context:
      "Su navegador solo permite el micrófono en una página segura. Abra esta página por HTTPS.",
    frame_blocked:
      "La página que rodea a esta no deja pasar su micrófono. Abra el asistente aparte, o escriba.",
    no_media: "Este navegador no da acceso al micrófono. Abra la página en otro, o escriba.",
    browser_old: "A este navegador le falta lo que necesita una llamada. Actualícelo, o use otro.",
    server_unreachable:
      "No pudimos llegar al servidor. Compruebe su conexión e inténtelo de nuevo.",
    voice_unreachable: "No se pudo establecer la conexión de voz. Inténtelo de nuevo.",
    at_capacity: "Todas las líneas están ocupadas en este momento.",
    draining: "Se está actualizando el servicio.",
    paused: "El asistente no atiende llamadas en este momento. Inténtelo más tarde.",
    daily_budget: "El asistente llegó a su límite de hoy. Inténtelo mañana.",
    rate_limited: "Han sido muchas llamadas en poco tiempo.",
    join_link_used: "Esta invitación ya se ha usado.",
    session_forgotten: "Esa conversación ya no se conserva.",
    session_live: "Esa conversación aún no ha terminado. Podrá continuarla en un minuto.",
    key_needed: "Este asistente pide una clave.",
    wrong_key: "Esa no es la clave. Compruébela e inténtelo de nuevo.",
    access_slowed: "Hubo demasiados intentos fallidos.",
    sign_in_needed: "No ha iniciado sesión. Abra esta página de nuevo e inicie sesión primero.",
    invite_needed: "Para hablar aquí hace falta una invitación. Abra el enlace que recibió.",
    invite_unknown: "Esta invitación no se conoce aquí. Compruebe que el enlace está completo.",
    invite_used_up: "Esta invitación está agotada. Pida una nueva.",
    invite_expired: "Esta invitación es demasiado antigua. Pida una nueva.",
    invite_revoked: "Esta invitación fue retirada.",
    bot_absent: "El asistente no contestó. Inténtelo de nuevo.",
    bot_left: "El asistente dejó la llamada de forma inesperada y no volvió.",
    connection_lost: "Se perdió la conexión y no volvió.",
    unexpected: "Algo salió mal. Inténtelo de nuevo.",
  },

  tryAgain: {
    soon: "Inténtelo de nuevo en un momento.",
    inSecs: (secs) =>
      pluralIn("es", secs, {
        one: "Inténtelo de nuevo en un segundo.",
        other: `Inténtelo de nuevo en ${secs} segundos.`,
      }),
    inMinutes: (minutes) => `Inténtelo de nuevo en unos ${minutes} minutos.`,
  },

  microphone: {
    none_left: () => "Su micrófono ya no está, y no hay otro. Conecte uno.",
    blocked: () =>
      "El micrófono ha sido bloqueado. Permítalo en la barra de direcciones del navegador.",
    taken: () => "Su micrófono se ha parado. Quizá lo ha tomado otra aplicación.",
    muted_by_computer: () => "Su ordenador ha silenciado el micrófono. Actívelo allí.",
    talking_muted: () => "Está hablando, pero su micrófono está silenciado.",
    silent: (now) => `No se oye nada de «${now}». ¿Está silenciado?`,
    replaced: (now, before) => `«${before}» ya no está. Ahora se usa «${now}».`,
    chosen_gone: (now) => `El micrófono que eligió no está. Ahora se usa «${now}».`,
    echo: () => "Puede que el asistente se oiga a sí mismo por su altavoz. Use auriculares.",
    call_quality: (now) => `«${now}» envía calidad de teléfono. Otro micrófono se entiende mejor.`,
  },
  microphoneNotSwitched: "No se pudo cambiar el micrófono.",

  keys: {
    hold: "Con el micrófono silenciado, mantenga pulsado su botón para hablar.",
    does: {
      talk: "Mantener pulsada para hablar también",
      mute: "Silenciar, activar",
      end: "Colgar",
      help: "Mostrar esta lista",
    },
    caps: { space: "Espacio", control: "Ctrl", shift: "Mayús" },
  },

  check: {
    title: "Comprobar su línea",
    intro: "Aquí se revisa todo lo que necesita una llamada, y se dice qué hacer si falta algo.",
    start: "Empezar la comprobación",
    again: "Comprobar otra vez",
    say: "Hable durante tres segundos.",
    playBack: "Lo que hemos oído. ¿Es usted?",
    playTone: "Reproducir un tono",
    heard: "Lo he oído",
    notHeard: "No he oído nada",
    copy: "Copiar para soporte",
    copied: "Copiado.",
    report: "Informe",
    link: "Comprobar micrófono y línea",
    names: {
      browser: "Navegador",
      microphone: "Micrófono",
      speaker: "Altavoz",
      server: "Servidor",
      line: "Conexión de voz",
      sound: "Camino del sonido",
      relay: "Retransmisor",
    },
    statuses: {
      waiting: "sin comprobar",
      running: "comprobando",
      good: "bien",
      weak: "funciona, pero",
      bad: "no funciona",
      skipped: "omitido",
    },
    findings: {
      browser_ok: "Este navegador puede mantener una llamada.",
      microphone_ok: "Su micrófono se oye.",
      microphone_silent:
        "No oímos nada de él. ¿Está silenciado, con un botón o en los ajustes de su ordenador? ¿Es el correcto?",
      speaker_ok: "Usted nos oye.",
      speaker_silent: "Suba el volumen, y mire qué altavoz o auriculares usa su ordenador.",
      server_ok: "El servidor responde.",
      line_ok: "Se llega al servidor de voz.",
      line_blocked:
        "Algo entre usted y el servidor de voz impide los WebSockets: un cortafuegos, un proxy o una VPN. Pruebe otra red, o pregunte a quien administra la suya.",
      sound_udp: "El sonido toma el camino más rápido (UDP).",
      sound_tcp:
        "Aquí UDP está bloqueado, así que el sonido va por TCP y puede entrecortarse. Otra red, o quien administra la suya, puede ayudar.",
      sound_relayed: "El sonido pasa por un retransmisor. Funciona, y tarda un poco más.",
      sound_blocked:
        "El sonido no encontró camino: un cortafuegos o una VPN impide UDP y TCP. Pruebe otra red, o pregunte a quien administra la suya.",
      relay_ok: "Si el camino directo está bloqueado, lo sustituye un retransmisor.",
      relay_none:
        "Este servidor no tiene retransmisor. No hace falta mientras el sonido encuentre su camino.",
      relay_blocked:
        "No se llega al retransmisor. No hace falta mientras el sonido encuentre su camino.",
      not_reached: "Omitido, porque falló lo anterior.",
    },
  },
};
