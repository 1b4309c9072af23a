"""French. The bot says "vous"."""

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
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
)
# Beyond "soixante" the tens are sums, which are compared as they are written.
_TENS = words("vingt trente quarante cinquante soixante")
_NAMED_HOURS = {0: "minuit", 1: "1 heure", 12: "midi"}


def _clock(when: datetime) -> str:
    hour = _NAMED_HOURS.get(when.hour, f"{when.hour} heures")
    return f"{hour} {when.minute}" if when.minute else hour


_CALLER_WORDS = CallerWords(
    backchannels=Phrases(
        "mm, mhm, hm, hmm, hum, euh, ah, oh, ouais, ah oui, ah bon, d'accord, ah d'accord, ok, "
        "okay, bon, bien, très bien, super, parfait, exact, exactement, voilà, je vois, "
        "je comprends, bien sûr, entendu, c'est vrai, c'est ça, génial, intéressant, ça marche, "
        "tout à fait, effectivement, en effet, oui oui, ah ouais, waouh"
    ),
    assents=Phrases("oui"),
    hanging=Phrases(
        "le, la, les, l', un, une, des, du, de, d', au, aux, à, et, ou, mais, car, ni, que, qu', "
        "dont, quand, lorsque, parce, puisque, comme, pour, par, sans, sur, sous, dans, en, entre, "
        "vers, chez, depuis, pendant, mon, ma, mes, ton, ta, tes, son, sa, ses, notre, nos, votre, "
        "vos, leur, leurs, cet, cette, ces, j', très, quel, quelle, quels, quelles, alors, euh, "
        "heu, ben, enfin, c'est, je, et puis, est-ce que, il y a, je voudrais, j'aimerais"
    ),
    asked_hanging=Phrases("que, quand, comme, en, alors, je, enfin, c'est, dont"),
    digits=frozenset(
        words(
            "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze "
            "quinze seize vingt trente quarante cinquante soixante double tiret point arobase"
        )
    ),
    letter_words=frozenset("aàyôl"),
)

_ANSWERS = ConsentWords(
    yes="oui, ouais, ok, okay, d'accord, bien sûr, absolument, certainement, tout à fait, "
    "volontiers, allez-y, vas-y, faites-le, faites, fais-le, je confirme, confirmé, c'est bon, "
    "ça marche, entendu, avec plaisir, pas de problème, sans problème, ça me va",
    no="non, pas, jamais, ne, stop, arrête, arrêtez, attends, attendez, annule, annulez, annuler, "
    "laisse, laissez, laisse tomber, laissez tomber, oublie, oubliez, surtout pas, pas question, "
    "mais, plutôt, finalement, peut-être, plus tard, sauf, si, autre, autrement, d'abord, aucun, "
    "aucune, raccrocher",
    hard_no="non, jamais, stop, arrête, arrêtez, annule, annulez, laisse tomber, laissez tomber, "
    "oublie, oubliez, surtout pas, pas question",
    askable="annule, annulez, annuler, raccrocher, arrête, arrêtez, stop",
    stem_letters=4,
    empty="s'il vous plaît, s'il te plaît, merci, beaucoup, bien, très, parfait, exactement, "
    "exact, "
    "voilà, c'est, ça, cela, est, le, la, les, un, une, de, du, des, à, au, pour, moi, je, veux, "
    "voudrais, vous, pouvez, tu, peux, euh, ah, oh, bon, alors, donc, et, en, ce, génial, super, "
    "juste, maintenant, tout de suite",
)

_TOOLS = ToolSentences(
    confirm={
        "book_appointment": "Dois-je réserver le rendez-vous {subject} pour le "
        "{starts_at:moment} ?",
        "move_appointment": "Dois-je déplacer le rendez-vous du {starts_at:day} au "
        "{new_starts_at:moment} ?",
        "cancel_appointment": "Dois-je annuler le rendez-vous du {starts_at:moment} ? C'est "
        "définitif.",
        "end_call": "Dois-je raccrocher maintenant ?",
    },
    filler={"weather": "Je regarde le ciel là-bas."},
    timer_set="Votre minuteur est réglé : {duration}.",
    timer_set_named="Votre minuteur pour {label} est réglé : {duration}.",
    timer_up="Excusez-moi, votre minuteur est arrivé à son terme : {duration}.",
    timer_up_named="Excusez-moi, votre minuteur pour {label} est arrivé à son terme : {duration}.",
    timer_cancelled="Le minuteur est annulé ; il restait {duration}.",
    timer_cancelled_named="Le minuteur pour {label} est annulé ; il restait {duration}.",
    appointment="{subject} le {moment}",
    booked="C'est réservé : {appointment}.",
    moved="C'est déplacé : {appointment}.",
    cancelled="C'est annulé : {appointment}.",
    none_on_day="Il n'y a rien le {day}.",
    none_coming="Il n'y a rien de prévu.",
    one_on_day="Il y a 1 rendez-vous le {day} : {entries}.",
    one_coming="Il y a 1 rendez-vous à venir : {entries}.",
    several_on_day="Il y a {count} rendez-vous le {day} : {entries}.",
    several_coming="Il y a {count} rendez-vous à venir : {entries}.",
    entry_at="{subject} à {clock}",
    between_entries=" ; ",
    time_here="Ici, il est {clock}, le {day}.",
    time_in_place="À {place}, il est {clock}, le {day}.",
    weather_today="{place} : en ce moment {sky_now}, {degrees_now} degrés ; aujourd'hui {sky}, de "
    "{low} à {high} degrés{rain}.",
    weather_tomorrow="{place} : demain {sky}, de {low} à {high} degrés{rain}.",
    rain=", {percent} pour cent de risque de pluie",
    skies=(
        "ciel clair",
        "plutôt dégagé",
        "partiellement nuageux",
        "couvert",
        "brouillard",
        "bruine",
        "pluie verglaçante",
        "pluie",
        "neige",
        "averses",
        "averses de neige",
        "orages",
        "temps variable",
    ),
)

LANGUAGE = Language(
    prompt="The caller speaks French. Speak French, whatever language this text and the results of "
    'tools are in, and say "vous" unless the caller says "tu" to you.',
    session=SessionSentences(
        greeting="Bonjour, ici Parley. Que puis-je faire pour vous ?",
        nudge="Vous êtes toujours là ?",
        back="Vous revoilà.",
        back_cut="Vous revoilà. Je continue ?",
        continued="Vous revoilà. Nous reprenons là où nous nous étions arrêtés.",
        idle_goodbye="Je vais raccrocher. Rappelez quand vous voulez. Au revoir !",
        drained_goodbye="Je suis désolé, je dois vous laisser. Rappelez dans une minute, s'il vous "
        "plaît. Au revoir !",
        provider_failed_goodbye="Quelque chose dont j'ai besoin est en panne, je dois donc "
        "raccrocher. Réessayez plus tard, s'il vous plaît. Au revoir !",
        time_limit_notice="Pour information, notre temps est presque écoulé.",
        session_budget_goodbye="Nous avons épuisé ce qu'un appel peut consommer. Rappelez si vous "
        "avez besoin d'autre chose. Au revoir !",
        daily_budget_goodbye="Je suis désolé, j'ai atteint ma limite pour aujourd'hui et je dois "
        "raccrocher. Rappelez demain, s'il vous plaît. Au revoir !",
        time_limit_goodbye="Notre temps est écoulé. Merci pour cette conversation. Au revoir !",
    ),
    recovery=RecoverySentences(
        back="Excusez-moi, j'ai été absent un instant.",
        go_on="Continuez, je vous en prie.",
        unsure="Je ne sais pas si cela a été fait. Vérifiez-le avant que nous "
        "recommencions, s'il vous plaît.",
        forgotten="Je ne sais plus de quoi nous parlions. Comment puis-je vous aider ?",
        goodbye="Je suis désolé, je rencontre sans cesse des pannes et je dois raccrocher. "
        "Rappelez, s'il vous plaît. Au revoir !",
    ),
    excuses=Excuses(
        apology="Pardon, j'ai perdu le fil. Pouvez-vous répéter ?",
        moment="J'ai du mal à répondre. Un instant, s'il vous plaît.",
        slow="Un instant, je réfléchis encore.",
        cut="Pardon, ma réponse a été coupée. Est-ce que je continue ?",
        after_tool="J'ai le résultat, mais je ne trouve pas les mots. Demandez-moi ce que cela a "
        "donné.",
        filtered="Je suis désolé, je ne peux pas parler de cela.",
        unspeakable="Je ne pourrais que vous le montrer, pas le dire. Voulez-vous que je le "
        "formule autrement ?",
        unusable="Je suis désolé, je n'arrive plus du tout à réfléchir.",
    ),
    troubles=TroubleSentences(
        not_caught="Pardon, je n'ai pas compris. Pouvez-vous répéter ?",
        hearing="J'ai du mal à vous entendre. Un instant, s'il vous plaît.",
        microphone="Je n'entends pas votre micro. Est-il coupé ?",
        moment="Un instant, s'il vous plaît.",
        voice="Pardon, j'ai perdu ma voix un instant.",
        stop="J'ai perdu ma voix, je dois m'arrêter ici. Au revoir !",
    ),
    openers=phrases(
        "absolument, ah, ah je vois, alors, au revoir, autre chose, avec plaisir, bien, "
        "bien entendu, bien sûr, bon, bonjour, bonne journée, bonne question, certainement, "
        "cest noté, cest une bonne question, daccord, dans ce cas, de rien, désolé, désolée, "
        "eh bien, en effet, enchanté, enchantée, entendu, exactement, excellent, excusez moi, "
        "hm, hmm, hélas, intéressant, je comprends, je men occupe, je regarde, je suis désolé, "
        "je suis désolée, je vois, je vous en prie, je vérifie, laissez moi regarder, "
        "laissez moi vérifier, malheureusement, merci, merci beaucoup, naturellement, non, oh, "
        "ok, okay, oui, oui bien sûr, pardon, parfait, pas de problème, pas de souci, "
        "sans problème, super, tout de suite, tout à fait, très bien, un instant, "
        "un instant sil vous plaît, un moment, une seconde, voilà, volontiers, voyons, "
        "voyons voir, à bientôt, ça marche"
    ),
    refusals={
        Refusal.TOO_LONG: "Ce message est trop long pour moi. Restez en dessous de {chars} "
        "caractères, s'il vous plaît.",
        Refusal.TOO_FAST: "C'est plus que je ne peux suivre. Laissez-moi un instant, puis envoyez-"
        "le à nouveau.",
    },
    caller_words=_CALLER_WORDS,
    numerals={word: str(number) for number, word in enumerate(_SMALL)}
    | {word: str(number) for number, word in enumerate(_TENS, start=2)},
    tools=ToolLanguage(
        code="fr",
        sentences=CallSentences(
            fillers=("Un instant.", "Je vérifie.", "Une petite seconde.", "Voyons voir."),
            progress=(
                "J'y travaille encore.",
                "Cela prend un peu plus de temps, désolé.",
                "J'y suis presque, merci de patienter.",
            ),
            cannot_understand="Pardon, je n'ai pas bien compris les détails. Pouvez-vous le dire "
            "autrement ?",
            lost_my_way="Pardon, j'ai essayé plusieurs choses sans y arriver. Que dois-je faire à "
            "la place ?",
            shall_i="Dois-je vraiment faire ceci : {wanted} ?",
        ),
        answers=_ANSWERS,
        times=SpokenTime(
            weekdays=words("lundi mardi mercredi jeudi vendredi samedi dimanche"),
            months=words(
                "janvier février mars avril mai juin juillet août septembre octobre novembre "
                "décembre"
            ),
            day_form="{weekday} {number} {month}",
            first_day="1er",
            moment_form="{day} à {clock}",
            clock=_clock,
            exact_clock=_clock,
            units=(
                ("{count} heure", "{count} heures"),
                ("{count} minute", "{count} minutes"),
                ("{count} seconde", "{count} secondes"),
            ),
            separators=(", ", " et "),
        ),
        tools=_TOOLS,
    ),
)
