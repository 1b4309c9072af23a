"""English. What the tools say and understand in it is in `tools/english.py`."""

from __future__ import annotations

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
from processors.turns.same_words import SameWords
from tools.english import ENGLISH

_SMALL = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = words("twenty thirty forty fifty sixty seventy eighty ninety")
_NUMBERS = {word: number for number, word in enumerate(_SMALL)} | {
    word: 10 * number for number, word in enumerate(_TENS, start=2)
}
# What recognisers write in more than one way. No "'d", which is "had" or "would"; and without its
# apostrophe only what is no other word then.
_SPELLINGS = {
    **{f"{verb}nt": f"{verb} not" for verb in words("do does did is are was were have has could")},
    "i'm": "i am",
    "you're": "you are",
    "we're": "we are",
    "they're": "they are",
    "he's": "he is",
    "she's": "she is",
    "it's": "it is",
    "that's": "that is",
    "what's": "what is",
    "where's": "where is",
    "who's": "who is",
    "how's": "how is",
    "there's": "there is",
    "here's": "here is",
    "let's": "let us",
    "i'll": "i will",
    "you'll": "you will",
    "we'll": "we will",
    "they'll": "they will",
    "it'll": "it will",
    "i've": "i have",
    "you've": "you have",
    "we've": "we have",
    "they've": "they have",
    "don't": "do not",
    "doesn't": "does not",
    "didn't": "did not",
    "isn't": "is not",
    "aren't": "are not",
    "wasn't": "was not",
    "weren't": "were not",
    "haven't": "have not",
    "hasn't": "has not",
    "can't": "can not",
    "cannot": "can not",
    "cant": "can not",
    "couldn't": "could not",
    "won't": "will not",
    "wouldn't": "would not",
    "shouldn't": "should not",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "got to",
    "ok": "okay",
    "tonight": "to night",
    "alright": "all right",
    "mr": "mister",
    "email": "e mail",
}

LANGUAGE = Language(
    prompt="",
    session=SessionSentences(
        greeting="Hi, I'm Parley. What can I do for you?",
        nudge="Are you still there?",
        back="Welcome back.",
        back_cut="Welcome back. Shall I go on?",
        continued="Welcome back. We go on where we stopped last time.",
        idle_goodbye="I'll hang up now. Just call again whenever you like. Goodbye!",
        drained_goodbye="I'm sorry, I have to go now. Please call again in a minute. Goodbye!",
        provider_failed_goodbye="Something I need is out of order, so I have to hang up. Please "
        "try again later. Goodbye!",
        time_limit_notice="Just so you know, our time is nearly up.",
        session_budget_goodbye="We have used up all that one call may take. Please call again if "
        "you need more. Goodbye!",
        daily_budget_goodbye="I'm sorry, I have reached my limit for today and have to hang up. "
        "Please call again tomorrow. Goodbye!",
        time_limit_goodbye="Our time is up. Thanks for talking with me. Goodbye!",
    ),
    recovery=RecoverySentences(
        back="Sorry, I was gone for a moment.",
        go_on="Please go on.",
        unsure="I cannot tell whether that was done, so please check before we do it again.",
        forgotten="I no longer know what we said. How can I help you?",
        goodbye="I'm sorry, I keep breaking down and have to stop here. Please call again. "
        "Goodbye!",
    ),
    excuses=Excuses(
        apology="I'm sorry, I lost my train of thought. Could you say that again?",
        moment="I'm having trouble with my answer. Please give me a moment.",
        slow="One moment, I'm still thinking.",
        cut="Sorry, my answer was cut short there. Shall I go on?",
        after_tool="I have the result, but I can't find the words. Please ask me what came of it.",
        filtered="I'm sorry, I can't talk about that.",
        unspeakable="I could only show you that, not say it. Shall I put it in words?",
        unusable="I'm sorry, I can't think at all just now.",
    ),
    troubles=TroubleSentences(
        not_caught="Sorry, I didn't catch that. Could you say it again?",
        hearing="I'm having trouble hearing you. Please give me a moment.",
        microphone="I can't hear your microphone. Is it muted?",
        moment="Give me a moment, please.",
        voice="Sorry, I lost my voice for a moment.",
        stop="I have lost my voice, so I have to stop here. Goodbye!",
    ),
    openers=phrases(
        "absolutely, ah, ah i see, all right, alright, alright then, anything else, bye, "
        "certainly, definitely, exactly, fair enough, fine, give me a moment, "
        "give me a second, glad to hear it, glad to help, go ahead, good, good question, "
        "goodbye, got it, great, great choice, great question, happy to help, "
        "have a great day, have a nice day, hello, hello there, hey, hey there, hi, hi there, "
        "hm, hmm, i see, i understand, im happy to help, im sorry, im sorry about that, "
        "im sorry to hear that, in that case, indeed, interesting, is there anything else, "
        "just a moment, just a second, let me check, let me check that, "
        "let me check that for you, let me have a look, let me look that up, let me see, "
        "let me take a look, let me think, my pleasure, no, no problem, no worries, "
        "not really, now, of course, of course i can, oh, oh i see, oh no, ok, okay, "
        "okay then, one moment, one moment please, perfect, please, right, so, sorry, "
        "sorry about that, sounds good, sure, sure i can, sure thing, take care, thank you, "
        "thanks, thats a good question, thats a great question, thats fine, thats great, "
        "thats right, true, understood, unfortunately, very good, well, "
        "what else can i do for you, wonderful, yes, yes i can, yes of course, youre welcome"
    ),
    refusals={
        Refusal.TOO_LONG: "That message is too long for me. Please keep it under {chars:,} "
        "characters.",
        Refusal.TOO_FAST: "That was more than I can follow. Please give me a moment, then send it "
        "again.",
    },
    caller_words=CallerWords(
        backchannels=Phrases(
            "mm, mhm, hm, hmm, mmm, mmhmm, uh, huh, uhhuh, um, yeah, yep, yup, ya, ok, okay, "
            "right, sure, aha, ah, oh, alright, cool, nice, great, wow, gotcha, exactly, true, "
            "good, interesting, really, wonderful, i see, got it, of course, makes sense, go on"
        ),
        assents=Phrases("yes"),
        hanging=Phrases(
            "a, an, the, and, or, but, nor, because, if, when, while, that, which, who, whose, "
            "my, your, his, her, its, our, their, this, these, those, of, in, on, at, to, for, "
            "from, with, without, by, about, into, onto, over, under, between, than, as, is, are, "
            "was, were, am, be, been, will, would, can, could, should, shall, may, might, must, "
            "do, does, did, have, has, had, i'm, i'll, i'd, we'll, you're, it's, that's, there's, "
            "let's, um, uh, er, hmm, like, very, really, some, any, every, more, most, not, also, "
            "then, maybe, plus"
        ),
        asked_hanging=Phrases(
            "is, are, was, were, am, be, do, does, did, have, has, had, can, will, that"
        ),
        digits=frozenset(
            words(
                "zero one two three four five six seven eight nine oh double triple dash dot "
                "at hyphen"
            )
        ),
        letter_words=frozenset("a"),
        interrupts=Phrases(
            "stop, wait, no, nope, hold on, hang on, hey, excuse me, sorry, pardon, actually, but, "
            "never mind, quiet, shut up, enough, one moment, one second, just a moment, "
            "just a second, okay but, yes but, yeah but, okay stop, okay wait, oh wait, "
            "let me, can you, could you, can i, could i"
        ),
        same=SameWords(
            numbers=_NUMBERS,
            fillers=frozenset(words("um uh er erm ah hmm hm mm mmm")),
            spellings=_SPELLINGS,
        ),
    ),
    numerals={word: str(number) for number, word in enumerate(_SMALL)}
    | {word: str(number) for number, word in enumerate(_TENS, start=2)},
    tools=ENGLISH,
)
