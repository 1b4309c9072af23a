"""Spanish. The bot says "usted"."""

from __future__ import annotations

from datetime import datetime

from bot.languages.language import (
    Language,
    RecoverySentences,
    SessionSentences,
    TroubleSentences,
    words,
)
from processors.agent_protocol.chat import Refusal
from processors.language_model.excuses import Excuses
from processors.text_to_speech.shelf.openers import phrases
from processors.turns.caller_words import CallerWords, Phrases
from tools.calls.consent import ConsentWords
from tools.calls.sentences import CallSentences
from tools.language import ToolLanguage, ToolSentences
from tools.spoken import SpokenTime

_SMALL = words(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciséis diecisiete dieciocho diecinueve"
)
_TWENTIES = words(
    "veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho "
    "veintinueve"
)
_TENS = words("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa")
_PARTS_OF_DAY = ((6, "de la madrugada"), (12, "de la mañana"), (20, "de la tarde"))
"""Each until the hour before it; then comes the night."""
_PARTS_OF_HOUR = {0: "", 15: " y cuarto", 30: " y media"}


def _clock(when: datetime) -> str:
    hour = "la 1" if when.hour % 12 == 1 else f"las {when.hour % 12 or 12}"
    minutes = _PARTS_OF_HOUR.get(when.minute, f" y {when.minute}")
    part = next((part for until, part in _PARTS_OF_DAY if when.hour < until), "de la noche")
    return f"{hour}{minutes} {part}"


_CALLER_WORDS = CallerWords(
    backchannels=Phrases(
        "mm, mhm, hm, hmm, ajá, aha, ah, oh, vale, ok, okay, bien, muy bien, qué bien, claro, "
        "claro que sí, ya, ya veo, entiendo, entendido, exacto, exactamente, perfecto, genial, "
        "de acuerdo, bueno, cierto, es verdad, interesante, estupendo, correcto, uy, eh, guau"
    ),
    assents=Phrases("sí, si"),
    hanging=Phrases(
        "el, la, los, las, un, una, unos, unas, de, del, a, al, y, e, o, u, pero, porque, que, "
        "cuando, mientras, aunque, como, en, con, sin, por, para, sobre, entre, hasta, desde, "
        "según, hacia, mi, mis, tu, tus, su, sus, nuestro, nuestra, nuestros, nuestras, muy, lo, "
        "le, se, eh, em, o sea, entonces, quiero, quisiera, cada, cuyo, cuya"
    ),
    asked_hanging=Phrases("entonces, quiero, en, para"),
    digits=frozenset(
        words("cero uno dos tres cuatro cinco seis siete ocho nueve doble guion guión punto arroba")
    ),
    letter_words=frozenset("aeouy"),
)

_ANSWERS = ConsentWords(
    yes="sí, si, claro, claro que sí, por supuesto, desde luego, vale, ok, okay, de acuerdo, "
    "adelante, hazlo, hágalo, confirmo, confirmado, correcto, así es, está bien, me parece bien, "
    "cómo no, sin problema, no hay problema",
    no="no, nunca, jamás, pare, espera, espere, un momento, cancela, cancele, cancelar, cancélala, "
    "cancélela, anula, anule, anular, olvida, olvide, olvídalo, olvídelo, deja, deje, déjalo, "
    "déjelo, de ninguna manera, pero, mejor, otro, otra, quizá, quizás, tal vez, luego, más tarde, "
    "después, salvo, aunque, tampoco, ningún, ninguna, sino, todavía, aún, en realidad, cuelgue, "
    # "Sí, si se puede": where accents are lost, only what follows tells a condition from a yes.
    "si se, si es, si está, si hay, si puede, si usted, si me, si quiero, si quisiera",
    hard_no="no, nunca, jamás, pare, cancela, cancele, anula, anule, olvida, olvide, olvídalo, "
    "olvídelo, déjalo, déjelo, de ninguna manera",
    askable="cancela, cancele, cancelar, anula, anule, anular, cuelgue",
    stem_letters=4,
    empty="por favor, gracias, muchas, bien, muy, perfecto, genial, exacto, eso, es, la, el, los, "
    "las, lo, un, una, de, del, a, al, en, y, para, mí, me, yo, quiero, quisiera, eh, ah, oh, "
    "pues, "
    "bueno, así, ya, ahora, mismo, que, con, su, mi, se, usted, puede, estupendo",
)

_TOOLS = ToolSentences(
    confirm={
        "book_appointment": "¿Reservo la cita {subject} para el {starts_at:moment}?",
        "move_appointment": "¿Cambio la cita del {starts_at:day} al {new_starts_at:moment}?",
        "cancel_appointment": "¿Cancelo la cita del {starts_at:moment}? No se puede deshacer.",
        "end_call": "¿Cuelgo ahora?",
    },
    filler={"weather": "Voy a mirar el cielo de allí."},
    timer_set="Su temporizador está puesto: {duration}.",
    timer_set_named="Su temporizador para {label} está puesto: {duration}.",
    timer_up="Disculpe, su temporizador ha terminado: {duration}.",
    timer_up_named="Disculpe, su temporizador para {label} ha terminado: {duration}.",
    timer_cancelled="El temporizador está cancelado; faltaban {duration}.",
    timer_cancelled_named="El temporizador para {label} está cancelado; faltaban {duration}.",
    appointment="{subject} el {moment}",
    booked="Reservado: {appointment}.",
    moved="Cambiado: {appointment}.",
    cancelled="Cancelado: {appointment}.",
    none_on_day="No hay nada el {day}.",
    none_coming="No hay nada previsto.",
    one_on_day="Hay 1 cita el {day}: {entries}.",
    one_coming="Hay 1 cita prevista: {entries}.",
    several_on_day="Hay {count} citas el {day}: {entries}.",
    several_coming="Hay {count} citas previstas: {entries}.",
    entry_at="{subject} a {clock}",
    between_entries="; ",
    time_here="La hora aquí: {clock} del {day}.",
    time_in_place="La hora en {place}: {clock} del {day}.",
    weather_today="{place}: ahora {sky_now}, {degrees_now} grados; hoy {sky}, de {low} a {high} "
    "grados{rain}.",
    weather_tomorrow="{place}: mañana {sky}, de {low} a {high} grados{rain}.",
    rain=", {percent} por ciento de probabilidad de lluvia",
    skies=(
        "cielo despejado",
        "casi despejado",
        "parcialmente nublado",
        "cubierto",
        "niebla",
        "llovizna",
        "lluvia helada",
        "lluvia",
        "nieve",
        "chubascos",
        "chubascos de nieve",
        "tormentas",
        "tiempo variable",
    ),
)

LANGUAGE = Language(
    prompt="The caller speaks Spanish. Speak Spanish, whatever language this text and the results "
    'of tools are in, and say "usted" unless the caller says "tú" to you.',
    session=SessionSentences(
        greeting="Hola, soy Parley. ¿En qué puedo ayudarle?",
        nudge="¿Sigue ahí?",
        back="Me alegro de oírle de nuevo.",
        back_cut="Me alegro de oírle de nuevo. ¿Sigo?",
        continued="Me alegro de oírle de nuevo. Seguimos donde lo dejamos la última vez.",
        idle_goodbye="Voy a colgar. Vuelva a llamar cuando quiera. ¡Adiós!",
        drained_goodbye="Lo siento, tengo que dejarle. Por favor, vuelva a llamar dentro de un "
        "minuto. ¡Adiós!",
        provider_failed_goodbye="Algo que necesito no funciona, así que tengo que colgar. Por "
        "favor, inténtelo más tarde. ¡Adiós!",
        time_limit_notice="Le aviso de que se nos acaba el tiempo.",
        session_budget_goodbye="Hemos agotado lo que puede consumir una llamada. Vuelva a llamar "
        "si necesita algo más. ¡Adiós!",
        daily_budget_goodbye="Lo siento, he llegado a mi límite de hoy y tengo que colgar. Por "
        "favor, vuelva a llamar mañana. ¡Adiós!",
        time_limit_goodbye="Se nos ha acabado el tiempo. Gracias por la conversación. ¡Adiós!",
    ),
    recovery=RecoverySentences(
        back="Perdón, me he ausentado un momento.",
        go_on="Siga, por favor.",
        unsure="No sé si eso llegó a hacerse. Por favor, compruébelo antes de repetirlo.",
        forgotten="Ya no sé de qué hablábamos. ¿En qué puedo ayudarle?",
        goodbye="Lo siento, sigo teniendo fallos y tengo que colgar. Por favor, vuelva a "
        "llamar. ¡Adiós!",
    ),
    excuses=Excuses(
        apology="Perdone, he perdido el hilo. ¿Puede repetirlo?",
        moment="Me está costando responder. Deme un momento, por favor.",
        slow="Un momento, todavía estoy pensando.",
        cut="Perdone, mi respuesta se ha cortado. ¿Sigo?",
        after_tool="Tengo el resultado, pero no encuentro las palabras. Pregúnteme qué ha salido.",
        filtered="Lo siento, de eso no puedo hablar.",
        unspeakable="Eso solo podría mostrárselo, no decirlo. ¿Se lo explico con palabras?",
        unusable="Lo siento, ahora mismo no soy capaz de pensar.",
    ),
    troubles=TroubleSentences(
        not_caught="Perdone, no le he entendido. ¿Puede repetirlo?",
        hearing="Me cuesta oírle. Deme un momento, por favor.",
        microphone="No oigo su micrófono. ¿Está silenciado?",
        moment="Un momento, por favor.",
        voice="Perdón, me he quedado sin voz un momento.",
        stop="Me he quedado sin voz y tengo que parar aquí. ¡Adiós!",
    ),
    openers=phrases(
        "a ver, adelante, adiós, ah, ah ya veo, algo más, así es, bien, buena pregunta, "
        "buenas tardes, bueno, buenos días, claro, claro que sí, con gusto, con mucho gusto, "
        "correcto, cómo no, de acuerdo, de nada, desde luego, disculpe, déjeme comprobarlo, "
        "déjeme ver, en ese caso, encantada, encantado, entendido, entiendo, "
        "es una buena pregunta, exactamente, exacto, excelente, genial, gracias, hasta luego, "
        "hola, interesante, lamentablemente, listo, lo siento, lo siento mucho, "
        "muchas gracias, muy bien, no, no hay problema, no se preocupe, oh, ok, okay, perdón, "
        "perfecto, por desgracia, por supuesto, pues, que tenga un buen día, sin problema, sí, "
        "sí claro, un momento, un momento por favor, un placer, un segundo, vale, vamos a ver, "
        "veamos, voy a comprobarlo, ya veo"
    ),
    refusals={
        Refusal.TOO_LONG: "Ese mensaje es demasiado largo para mí. Por favor, no pase de {chars} "
        "caracteres.",
        Refusal.TOO_FAST: "Eso es más de lo que puedo seguir. Espere un momento y vuelva a "
        "enviarlo, por favor.",
    },
    caller_words=_CALLER_WORDS,
    numerals={word: str(number) for number, word in enumerate(_SMALL)}
    | {word: str(number) for number, word in enumerate(_TWENTIES, start=21)}
    | {word: str(number) for number, word in enumerate(_TENS, start=2)},
    tools=ToolLanguage(
        code="es",
        sentences=CallSentences(
            fillers=("Un momento.", "Déjeme ver.", "Un segundo.", "Voy a mirarlo."),
            progress=(
                "Sigo en ello.",
                "Está tardando un poco más, disculpe.",
                "Ya casi está, gracias por esperar.",
            ),
            cannot_understand="Perdone, no he entendido bien los detalles. ¿Puede decirlo de otra "
            "manera?",
            lost_my_way="Perdone, he probado varias cosas y no he podido terminar. ¿Qué hago en su "
            "lugar?",
            shall_i="¿De verdad hago esto: {wanted}?",
        ),
        answers=_ANSWERS,
        times=SpokenTime(
            weekdays=words("lunes martes miércoles jueves viernes sábado domingo"),
            months=words(
                "enero febrero marzo abril mayo junio julio agosto septiembre octubre "
                "noviembre diciembre"
            ),
            day_form="{weekday} {number} de {month}",
            moment_form="{day} a {clock}",
            clock=_clock,
            exact_clock=_clock,
            units=(
                ("{count} hora", "{count} horas"),
                ("{count} minuto", "{count} minutos"),
                ("{count} segundo", "{count} segundos"),
            ),
            separators=(", ", " y "),
        ),
        tools=_TOOLS,
    ),
)
