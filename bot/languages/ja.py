"""Japanese, in polite form. Without spaces: its phrases are compared letter by letter."""

from __future__ import annotations

from datetime import datetime

from bot.languages.language import (
    Language,
    RecoverySentences,
    SessionSentences,
    TroubleSentences,
)
from processors.agent_protocol.chat import Refusal
from processors.language_model.excuses import Excuses
from processors.text_to_speech.shelf.openers import phrases
from processors.turns.caller_words import CallerWords, Phrases
from tools.calls.consent import ConsentWords
from tools.calls.sentences import CallSentences
from tools.language import ToolLanguage, ToolSentences
from tools.spoken import SpokenTime

_HAN_DIGITS = "〇一二三四五六七八九"
_WIDE_DIGITS = "０１２３４５６７８９"


def _clock(when: datetime) -> str:
    half = "午前" if when.hour < 12 else "午後"
    minutes = f"{when.minute}分" if when.minute else ""
    return f"{half}{when.hour % 12}時{minutes}"


_CALLER_WORDS = CallerWords(
    backchannels=Phrases(
        "はい, ええ, うん, ああ, あー, あっ, へえ, へー, ほう, ほー, ふーん, ふうん, ふん, おお, "
        "なるほど, なるほどね, なるほどですね, そう, そうか, そっか, そうですか, そうですね, "
        "そうだね, そうなんだ, そうなんですか, そうなんですね, たしかに, 確かに, 了解, 了解です, "
        "わかりました, 分かりました, わかった, 分かった, 承知しました, いいですね, すごい, "
        "すごいですね, ほんと, 本当, 本当ですか, オッケー, オーケー, ok, うーん"
    ),
    assents=Phrases("そうです, はいそうです"),
    hanging=Phrases(
        "を, に, と, は, で, へ, の, が, や, えっと, えーと, えーっと, ええと, あの, あのー, "
        "あのう, その, そのー, それで, それから, そして, でも, あと, だから, とか, または, もし, "
        "けど"
    ),
    # Said before something else they end a sentence or a polite beginning of one.
    asked_hanging=Phrases(
        "んですが, ですが, ますが, ですけど, ますけど, こんにちは, こんばんは, それでは, では, "
        "ありがと, ちょっと, ほんとに, 本当に, なんで, 何で, ひとりで, これで, のは, とは, ほど"
    ),
    digits=frozenset(_HAN_DIGITS + "零の"),
    question_ends=("?", "？", "か。"),
)

_ANSWERS = ConsentWords(
    yes="はい, ええ, うん, お願いします, お願い, おねがいします, いいですよ, どうぞ, もちろん, "
    "もちろんです, オッケー, オッケーです, オーケー, ok, okay, それでいいです, "
    "それでお願いします, かまいません, 構いません, そうしてください, 了解です, ぜひ, "
    "問題ありません, その通りです",
    no="いいえ, いや, いえ, 違います, 違う, ちがいます, ちがう, やめて, やめます, やめときます, "
    "だめ, ダメ, 駄目, しないで, 要りません, いりません, いらない, 要らない, 結構です, "
    "けっこうです, 待って, 待った, でも, けど, やっぱり, やっぱ, キャンセル, キャンセルして, "
    "取り消し, 取り消して, 後で, あとで, 別の, 代わりに, もし, たぶん, 多分, かも, まだ, "
    "いいです, 大丈夫です, うーん, ない, ません, ストップ, 切って",
    hard_no="いいえ, いや, いえ, 違います, 違う, ちがいます, ちがう, やめて, やめます, "
    "やめときます, だめ, ダメ, 駄目, しないで, 要りません, いりません, いらない, 要らない, "
    "結構です, けっこうです, キャンセル, キャンセルして, 取り消し, 取り消して, ストップ",
    askable="キャンセル, キャンセルして, 取り消し, 取り消して, 切って",
    empty="ください, ありがとうございます, ありがとう, どうも, えっと, あの, じゃあ, では, それ, "
    "それで, その, この, ああ, あ, ね, よ, で, を, に, は, が, と, の, も, です, ます, して, "
    "まあ, 今",
)

_TOOLS = ToolSentences(
    confirm={
        "book_appointment": "{starts_at:moment}に{subject}の予約を入れてもよろしいですか。",
        "move_appointment": "{starts_at:day}の予約を、"
        "{new_starts_at:moment}に変更してもよろしいですか。",
        "cancel_appointment": "{starts_at:moment}の予約をキャンセルしてもよろしいですか。"
        "元には戻せません。",
        "end_call": "電話を切ってもよろしいですか。",
    },
    filler={"weather": "空模様を見てみますね。"},
    timer_set="タイマーを{duration}にセットしました。",
    timer_set_named="{label}のタイマーを{duration}にセットしました。",
    timer_up="失礼します。{duration}のタイマーが終わりました。",
    timer_up_named="失礼します。{label}のタイマーが終わりました。{duration}です。",
    timer_cancelled="タイマーを取り消しました。残りは{duration}でした。",
    timer_cancelled_named="{label}のタイマーを取り消しました。残りは{duration}でした。",
    appointment="{moment}の{subject}",
    booked="予約しました。{appointment}です。",
    moved="変更しました。{appointment}です。",
    cancelled="キャンセルしました。{appointment}です。",
    none_on_day="{day}の予定はありません。",
    none_coming="これからの予定はありません。",
    one_on_day="{day}の予定は1件です。{entries}です。",
    one_coming="これからの予定は1件です。{entries}です。",
    several_on_day="{day}の予定は{count}件です。{entries}です。",
    several_coming="これからの予定は{count}件です。{entries}です。",
    entry_at="{clock}に{subject}",
    between_entries="、",
    time_here="こちらは{day}の{clock}です。",
    time_in_place="{place}は{day}の{clock}です。",
    weather_today="{place}の天気です。今は{sky_now}、{degrees_now}度。今日は{sky}、{low}度から{high}度"
    "{rain}です。",
    weather_tomorrow="{place}の天気です。明日は{sky}、{low}度から{high}度{rain}です。",
    rain="、降水確率は{percent}パーセント",
    skies=(
        "快晴",
        "おおむね晴れ",
        "晴れ時々曇り",
        "曇り",
        "霧",
        "霧雨",
        "凍る雨",
        "雨",
        "雪",
        "にわか雨",
        "にわか雪",
        "雷雨",
        "変わりやすい天気",
    ),
)

LANGUAGE = Language(
    prompt="The caller speaks Japanese. Speak polite Japanese (です and ます), whatever language "
    "this text and the results of tools are in.",
    session=SessionSentences(
        greeting="はい、パーリーです。ご用件をお聞かせください。",
        nudge="もしもし、聞こえていますか。",
        back="おかえりなさい。",
        back_cut="おかえりなさい。続きをお話ししましょうか。",
        continued="おかえりなさい。前回の続きからお話ししましょう。",
        idle_goodbye="いったん電話を切りますね。いつでもまたお電話ください。失礼します。",
        drained_goodbye="申し訳ありませんが、ここで失礼します。少ししてから、またお電話ください。",
        provider_failed_goodbye="必要な機能が動いていないため、電話を切らせていただきます。"
        "後ほどおかけ直しください。失礼します。",
        time_limit_notice="お知らせします。まもなくお時間です。",
        session_budget_goodbye="一回のお電話でご利用いただける分を使い切りました。続きはまたお電話ください。失礼します。",
        daily_budget_goodbye="申し訳ありませんが、本日の利用上限に達しましたので、電話を切らせていただきます。"
        "明日またお電話ください。失礼します。",
        time_limit_goodbye="お時間になりました。お話しできてよかったです。失礼します。",
    ),
    recovery=RecoverySentences(
        back="失礼しました、少しの間切れていました。",
        go_on="どうぞ続けてください。",
        unsure="今の操作が完了したか分かりません。もう一度行う前にご確認ください。",
        forgotten="これまでのお話が分からなくなりました。どのようなご用件でしょうか。",
        goodbye="申し訳ありません、不具合が続いていますので、電話を切らせていただきます。またお電話ください。失礼します。",
    ),
    excuses=Excuses(
        apology="すみません、話の流れを見失いました。もう一度お願いできますか。",
        moment="うまく答えが出てきません。少々お待ちください。",
        slow="少々お待ちください。まだ考えています。",
        cut="すみません、途中で切れてしまいました。続けましょうか。",
        after_tool="結果は出ましたが、うまく言葉にできません。どうなったか聞いてください。",
        filtered="申し訳ありませんが、その話はできません。",
        unspeakable="画面なら見せられますが、声では読み上げられません。言葉で説明しましょうか。",
        unusable="申し訳ありません。今は考えることがまったくできません。",
    ),
    troubles=TroubleSentences(
        not_caught="すみません、聞き取れませんでした。もう一度お願いできますか。",
        hearing="お声が聞こえにくくなっています。少々お待ちください。",
        microphone="マイクの音が届いていません。ミュートになっていませんか。",
        moment="少々お待ちください。",
        voice="すみません、一瞬声が出ませんでした。",
        stop="声が出なくなったため、ここで終わらせていただきます。失礼します。",
    ),
    openers=phrases(
        "ああ, あっ, ありがとうございます, いいえ, いいですね, いい質問ですね, いえ, うーん, "
        "ええ, ええと, えっと, おはようございます, お調べします, かしこまりました, こんにちは, "
        "こんばんは, さて, すみません, そうですか, そうですね, そうですね はい, それでは, "
        "では, どういたしまして, なるほど, はい, はい わかりました, はい 少々お待ちください, "
        "もちろん, もちろんです, もちろんですよ, わかりました, 了解しました, 了解です, "
        "分かりました, 大丈夫です, 大丈夫ですよ, 失礼いたします, 失礼します, 実は, "
        "少々お待ちください, 承知いたしました, 承知しました, 残念ですが, 残念ながら, "
        "申し訳ありません, 申し訳ございません, 確認いたします, 確認します, 素晴らしいですね, "
        "調べてみます, 調べますね"
    ),
    refusals={
        Refusal.TOO_LONG: "メッセージが長すぎます。{chars}文字以内でお願いします。",
        Refusal.TOO_FAST: "速すぎて追いつけません。少し待ってから、もう一度送ってください。",
    },
    caller_words=_CALLER_WORDS,
    numerals={
        sign: str(number)
        for signs in (_HAN_DIGITS, _WIDE_DIGITS)
        for number, sign in enumerate(signs)
    },
    tools=ToolLanguage(
        code="ja",
        sentences=CallSentences(
            fillers=(
                "少々お待ちください。",
                "確認しますね。",
                "少しお時間ください。",
                "調べてみます。",
            ),
            progress=(
                "まだ作業しています。",
                "少し時間がかかっています。すみません。",
                "もう少しです。お待ちいただきありがとうございます。",
            ),
            cannot_understand="すみません、詳しいところがわかりませんでした。別の言い方でお願いできますか。",
            lost_my_way="すみません、いろいろ試しましたが、うまくいきませんでした。代わりに何をしましょうか。",
            shall_i="本当に実行してもよろしいですか。{wanted}",
        ),
        answers=_ANSWERS,
        times=SpokenTime(
            weekdays=tuple(f"{day}曜日" for day in "月火水木金土日"),
            months=tuple(f"{number}月" for number in range(1, 13)),
            day_form="{month}{number}日{weekday}",
            moment_form="{day}{clock}",
            clock=_clock,
            exact_clock=_clock,
            units=(
                ("{count}時間", "{count}時間"),
                ("{count}分", "{count}分"),
                ("{count}秒", "{count}秒"),
            ),
            separators=("", ""),
        ),
        tools=_TOOLS,
    ),
)
