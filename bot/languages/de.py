"""German. The bot says "Sie"."""

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
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
    "fünfzehn sechzehn siebzehn achtzehn neunzehn"
)
_TENS = words("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")
_ONES = words("ein zwei drei vier fünf sechs sieben acht neun")


def _numerals() -> dict[str, str]:
    numerals = {word: str(number) for number, word in enumerate(_SMALL)} | {"zwo": "2"}
    for tens, word in enumerate(_TENS, start=2):
        numerals[word] = f"{tens}0"
        for ones, one in enumerate(_ONES, start=1):
            numerals[f"{one}und{word}"] = f"{tens}{ones}"
    # As words are compared: without a difference of case, "ß" is "ss".
    return {word.casefold(): digits for word, digits in numerals.items()}


def _clock(when: datetime) -> str:
    return f"{when.hour} Uhr {when.minute}" if when.minute else f"{when.hour} Uhr"


_CALLER_WORDS = CallerWords(
    backchannels=Phrases(
        "mm, mhm, mh, hm, hmm, mmh, aha, ah, oh, ach, ach so, achso, ach ja, ja, jaja, jo, jup, "
        "jep, genau, ganz genau, okay, ok, gut, na gut, sehr gut, schön, super, toll, prima, klar, "
        "na klar, alles klar, stimmt, richtig, verstehe, ich verstehe, wow, echt, interessant, "
        "wunderbar, logisch, äh, ähm"
    ),
    assents=Phrases("jawohl, sicher, natürlich"),
    # Not the words that end a sentence as the second part of a verb: "rufen Sie mich an".
    hanging=Phrases(
        "und, oder, aber, weil, dass, ob, wenn, als, sondern, sowie, obwohl, während, bevor, "
        "nachdem, falls, der, die, den, dem, des, eine, einen, einem, einer, eines, kein, keine, "
        "keinen, keinem, mein, meine, meinen, meinem, meiner, dein, deine, deinen, deinem, ihre, "
        "ihren, ihrem, unser, unsere, unseren, diese, diesen, diesem, dieser, welche, welcher, "
        "welchen, für, von, bei, in, im, am, zum, zur, vom, beim, ins, ans, ohne, gegen, seit, "
        "zwischen, wegen, trotz, bis, pro, möchte, also, sehr, ziemlich, etwa, ungefähr, circa, "
        "sozusagen, beziehungsweise, äh, ähm, ehm, hm"
    ),
    asked_hanging=Phrases("der, die, den, dem, bei, also, möchte"),
    digits=frozenset(
        words("null eins zwei zwo drei vier fünf sechs sieben acht neun doppel strich punkt minus")
    ),
)

_ANSWERS = ConsentWords(
    yes="ja, jawohl, jo, jep, jup, klar, na klar, sicher, gern, gerne, okay, ok, in ordnung, "
    "einverstanden, natürlich, selbstverständlich, auf jeden fall, mach das, machen sie das, "
    "tu das, tun sie das, bitte machen, passt, das passt, bestätigt, ich bestätige, unbedingt, "
    "kein problem",
    no="nein, nee, nö, ne, nicht, bitte nicht, kein, keine, keinen, keinesfalls, nie, niemals, "
    "auf keinen fall, stopp, stop, halt, warte, warten, moment, abbrechen, absagen, löschen, "
    "vergiss, vergessen, lass, lassen, aber, doch, sondern, lieber, stattdessen, eigentlich, "
    "vielleicht, später, außer, wenn, falls, erst, sonst, anders, andere, anderen, anderer, noch",
    hard_no="nein, nee, nö, ne, bitte nicht, keinesfalls, nie, niemals, auf keinen fall, stopp, "
    "stop, abbrechen, absagen, vergiss, vergessen, lass, lassen",
    askable="absagen, löschen, abbrechen, stopp, stop, halt",
    stem_letters=4,
    empty="bitte, danke, schön, dankeschön, sehr, gut, genau, richtig, stimmt, das, es, ist, so, "
    "dann, mal, jetzt, ich, möchte, will, der, die, den, dem, ein, eine, einen, und, für, mich, "
    "mir, uns, am, um, im, in, auf, zu, ab, sie, ihn, sagen, machen, mach, tun, äh, ähm, ach, oh, "
    "na, wunderbar, super, perfekt, prima, toll, einfach, ganz, wirklich, gleich",
)

_TOOLS = ToolSentences(
    confirm={
        "book_appointment": "Soll ich am {starts_at:moment} den Termin {subject} buchen?",
        "move_appointment": "Soll ich den Termin vom {starts_at:day} verschieben, und zwar auf den "
        "{new_starts_at:%-d}. {new_starts_at:%B} um {new_starts_at:clock}?",
        "cancel_appointment": "Soll ich den Termin am {starts_at:moment} absagen? Das lässt sich "
        "nicht rückgängig machen.",
        "end_call": "Soll ich jetzt auflegen?",
    },
    filler={"weather": "Ich schaue mir den Himmel dort an."},
    timer_set="Ihr Timer ist gestellt: {duration}.",
    timer_set_named="Ihr Timer für {label} ist gestellt: {duration}.",
    timer_up="Entschuldigung, Ihr Timer ist abgelaufen: {duration}.",
    timer_up_named="Entschuldigung, Ihr Timer für {label} ist abgelaufen: {duration}.",
    timer_cancelled="Der Timer ist gelöscht; es blieben noch {duration}.",
    timer_cancelled_named="Der Timer für {label} ist gelöscht; es blieben noch {duration}.",
    appointment="{subject} am {moment}",
    booked="Gebucht: {appointment}.",
    moved="Verschoben: {appointment}.",
    cancelled="Abgesagt: {appointment}.",
    none_on_day="Am {day} steht nichts an.",
    none_coming="Es steht nichts an.",
    one_on_day="Am {day} gibt es 1 Termin: {entries}.",
    one_coming="Es steht 1 Termin an: {entries}.",
    several_on_day="Am {day} gibt es {count} Termine: {entries}.",
    several_coming="Es stehen {count} Termine an: {entries}.",
    entry_at="{subject} um {clock}",
    between_entries="; ",
    time_here="Hier ist es {clock} am {day}.",
    time_in_place="In {place} ist es {clock} am {day}.",
    weather_today="{place}: jetzt {sky_now}, {degrees_now} Grad; heute {sky}, {low} bis {high} "
    "Grad{rain}.",
    weather_tomorrow="{place}: morgen {sky}, {low} bis {high} Grad{rain}.",
    rain=", Regenwahrscheinlichkeit {percent} Prozent",
    skies=(
        "klarer Himmel",
        "meist klar",
        "teils bewölkt",
        "bedeckt",
        "Nebel",
        "Nieselregen",
        "gefrierender Regen",
        "Regen",
        "Schnee",
        "Schauer",
        "Schneeschauer",
        "Gewitter",
        "wechselhaft",
    ),
)

LANGUAGE = Language(
    prompt="The caller speaks German. Speak German, whatever language this text and the results of "
    'tools are in, and say "Sie" unless the caller says "du" to you.',
    session=SessionSentences(
        greeting="Hallo, hier ist Parley. Was kann ich für Sie tun?",
        nudge="Sind Sie noch da?",
        back="Da sind Sie ja wieder.",
        back_cut="Da sind Sie ja wieder. Soll ich weiterreden?",
        continued="Da sind Sie ja wieder. Wir machen weiter, wo wir letztes Mal aufgehört haben.",
        idle_goodbye="Ich lege jetzt auf. Rufen Sie gern jederzeit wieder an. Auf Wiederhören!",
        drained_goodbye="Es tut mir leid, ich muss jetzt Schluss machen. Bitte rufen Sie in einer "
        "Minute noch einmal an. Auf Wiederhören!",
        provider_failed_goodbye="Etwas, das ich brauche, ist ausgefallen, deshalb muss ich "
        "auflegen. Bitte versuchen Sie es später noch einmal. Auf Wiederhören!",
        time_limit_notice="Nur damit Sie es wissen: Unsere Zeit ist gleich um.",
        session_budget_goodbye="Wir haben aufgebraucht, was ein Gespräch kosten darf. Rufen Sie "
        "gern noch einmal an. Auf Wiederhören!",
        daily_budget_goodbye="Es tut mir leid, für heute ist mein Kontingent erschöpft, ich muss "
        "auflegen. Bitte rufen Sie morgen wieder an. Auf Wiederhören!",
        time_limit_goodbye="Unsere Zeit ist um. Danke für das Gespräch. Auf Wiederhören!",
    ),
    recovery=RecoverySentences(
        back="Entschuldigung, ich war kurz weg.",
        go_on="Bitte sprechen Sie weiter.",
        unsure="Ich weiß nicht, ob das noch ausgeführt wurde. Bitte prüfen Sie es, bevor "
        "wir es wiederholen.",
        forgotten="Ich weiß nicht mehr, worüber wir gesprochen haben. Wie kann ich Ihnen helfen?",
        goodbye="Es tut mir leid, bei mir gibt es immer wieder Störungen, ich muss "
        "auflegen. Bitte rufen Sie wieder an. Auf Wiederhören!",
    ),
    excuses=Excuses(
        apology="Entschuldigung, ich habe den Faden verloren. Können Sie das noch einmal sagen?",
        moment="Ich komme gerade nicht weiter. Einen Moment bitte.",
        slow="Einen Moment, ich denke noch nach.",
        cut="Entschuldigung, meine Antwort ist abgebrochen. Soll ich weitermachen?",
        after_tool="Ich habe das Ergebnis, finde aber die Worte nicht. Bitte fragen Sie mich, was "
        "daraus geworden ist.",
        filtered="Es tut mir leid, darüber kann ich nicht sprechen.",
        unspeakable="Das könnte ich nur zeigen, nicht sagen. Soll ich es in Worte fassen?",
        unusable="Es tut mir leid, ich kann gerade überhaupt nicht denken.",
    ),
    troubles=TroubleSentences(
        not_caught="Entschuldigung, das habe ich nicht verstanden. Bitte noch einmal?",
        hearing="Ich kann Sie gerade schlecht hören. Einen Moment bitte.",
        microphone="Ich höre nichts von Ihrem Mikrofon. Ist es stummgeschaltet?",
        moment="Einen Moment bitte.",
        voice="Entschuldigung, mir ist kurz die Stimme weggeblieben.",
        stop="Meine Stimme ist weg, ich muss hier aufhören. Auf Wiederhören!",
    ),
    openers=phrases(
        "absolut, ach so, ah, ah verstehe, alles klar, also, auf jeden fall, auf wiederhören, "
        "auf wiedersehen, bestimmt, bitte, bitte sehr, danke, danke schön, "
        "das ist eine gute frage, das stimmt, das tut mir leid, einen augenblick, "
        "einen augenblick bitte, einen moment, einen moment bitte, einen schönen tag noch, "
        "einverstanden, entschuldigung, es tut mir leid, freut mich, genau, gern, "
        "gern geschehen, gerne, gut, gute frage, guten tag, hallo, hm, hmm, ich schaue mal, "
        "ich schaue nach, ich sehe nach, ich verstehe, in ordnung, interessant, ja, ja gern, "
        "ja gerne, ja natürlich, jawohl, kann ich sonst noch etwas für sie tun, kein problem, "
        "keine sorge, klar, lassen sie mich nachsehen, leider, mal sehen, moment, na gut, "
        "na klar, natürlich, nein, nun, nur zu, oh, ok, okay, perfekt, prima, richtig, schön, "
        "sehr gern, sehr gerne, sehr gut, selbstverständlich, sicher, super, tut mir leid, "
        "verstanden, verstehe, vielen dank, wunderbar"
    ),
    refusals={
        Refusal.TOO_LONG: "Diese Nachricht ist mir zu lang. Bitte bleiben Sie unter {chars} "
        "Zeichen.",
        Refusal.TOO_FAST: "Das war schneller, als ich folgen kann. Bitte warten Sie einen Moment "
        "und senden Sie es noch einmal.",
    },
    caller_words=_CALLER_WORDS,
    numerals=_numerals(),
    tools=ToolLanguage(
        code="de",
        sentences=CallSentences(
            fillers=("Einen Moment.", "Ich sehe nach.", "Sekunde, bitte.", "Mal sehen."),
            progress=(
                "Ich bin noch dabei.",
                "Es dauert leider etwas länger.",
                "Gleich habe ich es, danke für die Geduld.",
            ),
            cannot_understand="Entschuldigung, die Einzelheiten sind mir nicht klar geworden. "
            "Können Sie es anders sagen?",
            lost_my_way="Entschuldigung, ich habe einiges versucht und bin nicht fertig geworden. "
            "Was soll ich stattdessen tun?",
            shall_i="Soll ich das wirklich tun: {wanted}?",
        ),
        answers=_ANSWERS,
        times=SpokenTime(
            weekdays=words("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"),
            months=words(
                "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
            ),
            day_form="{weekday}, dem {number}. {month}",
            moment_form="{day} um {clock}",
            clock=_clock,
            exact_clock=_clock,
            units=(
                ("{count} Stunde", "{count} Stunden"),
                ("{count} Minute", "{count} Minuten"),
                ("{count} Sekunde", "{count} Sekunden"),
            ),
            separators=(", ", " und "),
        ),
        tools=_TOOLS,
    ),
)
