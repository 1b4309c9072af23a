/** Japanese, in the polite form (です・ます). */

import type { Texts } from "@/lib/catalogues/en";

export const ja: Texts = {
  language: "ja",

  page: {
    headline: "お話ししましょう。",
    invited: "ご招待が届いています。",
    invitation: (name) =>
      `${name}は話すコンピューターです。そのまま話しかけてください。いつ割り込んでもかまいません。`,
    examples: "東京の時刻、予約、お話など、何でもお尋ねください。",
    privacy: "マイクがオンになるのは通話中だけです。",
    kept: (days) => `会話の内容は${days}日間保存されます。`,
    notFound: "ここには何もありません。",
    backToStart: "最初に戻る",
  },

  actions: {
    start: "話しはじめる",
    startAgain: "もう一度話す",
    tryAgain: "もう一度試す",
    startFresh: "新しい会話を始める",
    openSecurePage: "安全なページを開く",
    openOwnTab: "新しいタブで開く",
    typeInstead: "文字で入力する",
    dismiss: "わかりました",
    settings: "音とキー",
    close: "閉じる",
    cancel: "キャンセル",
    takeBack: "こちらに戻す",
    goOn: "この会話を続ける",
    goOnEarlier: "前の会話を続ける",
    hangUp: "通話を終える",
    mute: "マイクをミュート",
    unmute: "ミュートを解除",
    unmuteNow: "解除する",
    turnOnMicrophone: "マイクをオンにする",
    chooseMicrophone: "マイクを選ぶ",
    unnamedMicrophone: "マイク",
    takeDevice: (label) => `「${label}」を使う`,
    send: "送信",
    hear: "タップして聞く",
    showKey: "次へ",
  },

  labels: {
    callLength: "通話時間",
    language: "言語",
    volume: "音量",
    speaker: "スピーカー",
    conversation: "会話",
    controls: "通話の操作",
    message: "メッセージを入力",
    key: "キー",
    caller: "あなた",
    interrupted: "中断",
  },

  tools: {
    time_in_place: {
      doing: "時刻を調べています",
      did: "時刻を調べました",
      failed: "時刻を調べられませんでした",
      notDone: "時刻は調べていません",
    },
    weather: {
      doing: "天気を調べています",
      did: "天気を調べました",
      failed: "天気を調べられませんでした",
      notDone: "天気は調べていません",
    },
    set_timer: {
      doing: "タイマーを設定しています",
      did: "タイマーを設定しました",
      failed: "タイマーを設定できませんでした",
      notDone: "タイマーは設定していません",
    },
    cancel_timer: {
      doing: "タイマーを取り消しています",
      did: "タイマーを取り消しました",
      failed: "タイマーを取り消せませんでした",
      notDone: "タイマーは取り消していません",
    },
    list_appointments: {
      doing: "予定を確認しています",
      did: "予定を確認しました",
      failed: "予定を確認できませんでした",
      notDone: "予定は確認していません",
    },
    book_appointment: {
      doing: "予約しています",
      did: "予約しました",
      failed: "予約できませんでした",
      notDone: "予約していません",
    },
    move_appointment: {
      doing: "予約を変更しています",
      did: "予約を変更しました",
      failed: "予約を変更できませんでした",
      notDone: "予約は変更していません",
    },
    cancel_appointment: {
      doing: "予約を取り消しています",
      did: "予約を取り消しました",
      failed: "予約を取り消せませんでした",
      notDone: "予約は取り消していません",
    },
  },

  tool: {
    doing: (name) => `${name} · 実行中`,
    did: (name) => `${name} · 完了`,
    failed: (name) => `${name} · うまくいきませんでした`,
    notDone: (name) => `${name} · 実行していません`,
    unanswered: (doing) => `${doing} · 返事がありませんでした`,
    unfinished: (doing) => `${doing} · 終わりませんでした`,
    booked: (day, time) => `${day} ${time} に予約しました`,
    moved: (day, time) => `${day} ${time} に変更しました`,
  },

  answers: {
    yes: "はい",
    no: "いいえ",
    notSent: "お返事が届きませんでした。声で答えるか、もう一度お試しください。",
    said: { yes: "「はい」と答えました", no: "「いいえ」と答えました" },
  },

  typed: {
    sending: "送信中…",
    unsent: "送信できませんでした。",
    again: "もう一度送る",
  },

  record: {
    title: (name) => `${name}との会話`,
    menu: "この会話を残す",
    copy: "コピー",
    markdown: "テキストでダウンロード",
    json: "データでダウンロード（JSON）",
    srt: "字幕でダウンロード（SRT）",
    times: "時刻を表示",
    reading: "返事を読み上げる",
    fullScreen: "全画面",
    textSize: "文字の大きさ",
    textSizes: { normal: "標準", large: "大", largest: "特大" },
    copied: "コピーしました。",
    notCopied: "ブラウザーがコピーを許可しませんでした。",
    newest: "最新へ",
    unseen: (lines) => `新しい発言 ${lines} 件`,
  },

  wait: {
    label: (secs) => `${secs}で返事`,
    secs: (secs) => `${secs}秒`,
    parts: {
      endOfTurn: "話し終わりの確認",
      model: "最初の言葉を探す",
      voice: "話しはじめる準備",
      rest: "途中の伝送",
    },
  },

  states: {
    microphone: "マイクを待っています",
    room: "接続しています",
    bot: "接続しています",
    return: "通話に戻っています…",
    weak: "接続が不安定です",
    lost: "接続し直しています…",
    offline: "オフラインです。接続し直しています…",
    botAway: "アシスタントが戻ってきます…",
    listening: "聞いています",
    thinking: "考えています",
    speaking: "話しています",
    muted: "ミュート中です",
    unheard: "あなたの声が届いていません",
    typing: "文字で話しかけてください",
    asks: "お返事をどうぞ：はい、いいえ？",
  },

  statesLate: {
    microphone: "マイクを待っています。ブラウザーに聞かれたら許可してください。",
    room: "まだサーバーに接続しています…",
    bot: "アシスタントを待っています…",
    return: "まだ通話に戻っているところです…",
  },

  heard: {
    soon: "どうぞ、聞いています",
    late: "聞いています。回線はまだ準備中です…",
    full: "まだ接続中です。ここまでのお話は受け取りました。",
  },

  queue: (place) => (place <= 1 ? "次があなたの番です" : `順番待ちの ${place} 番目です`),

  troubles: {
    voice: "うまく話せません。もう一度試しています…",
    hearing: "うまく聞き取れません。文字でも入力できます。",
    thinking: "うまく答えられません。もう一度試しています…",
  },

  titles: {
    connecting: "接続中",
    live: "通話中",
    asks: "お返事をどうぞ",
    over: "通話終了",
    failed: "通話なし",
    elsewhere: "別のタブに移動",
  },

  elsewhere: "この通話は別のタブに移りました。",

  rating: {
    question: "いかがでしたか？",
    good: "良い",
    bad: "良くない",
    more: "詳しく教えてください",
    send: "送信",
    thanks: "ありがとうございます。",
    unsent: "送信できませんでした。もう一度お試しください。",
  },

  endings: {
    caller_left: "通話を終えました。",
    goodbye: "通話が終わりました。ありがとうございました。",
    idle: "しばらく静かだったため、通話を終了しました。",
    time_limit: "通話時間の上限に達しました。",
    drained: "サービスを更新するため、通話を終了しました。",
    session_budget: "1 回の通話で使える量の上限に達しました。",
    daily_budget: "アシスタントが今日の上限に達したため、通話を終了しました。",
    provider_failed: "アシスタントが使うサービスが止まったため、通話を終了しました。",
    error: "こちらの問題により、通話が終了しました。",
    never_joined: "接続に時間がかかりすぎたため、通話を終了しました。",
    ended: "通話が終わりました。",
    away: "離れている間に通話が終わりました。",
    not_found: "前回の通話が見つかりませんでした。",
  },

  failures: {
    no_microphone: "マイクが見つかりません。接続してから、もう一度お試しください。",
    permission_denied:
      "マイクがブロックされています。ブラウザーのアドレスバーで許可してから、もう一度お試しください。",
    permission_dismissed:
      "マイクが許可されていません。もう一度お試しください。ブラウザーが確認しない場合は、アドレスバーで許可してください。",
    system_blocked:
      "コンピューターがブラウザーにマイクを許可していません。プライバシーの設定で許可してから、もう一度お試しください。",
    microphone_busy:
      "ほかのアプリがマイクを使っています。そちらで閉じてから、もう一度お試しください。",
    insecure_context:
      "このブラウザーは安全なページでのみマイクを許可します。HTTPS でこのページを開いてください。",
    frame_blocked:
      "外側のページがマイクの使用を許可していません。アシスタントを単独で開くか、文字で入力してください。",
    no_media:
      "このブラウザーではマイクを使えません。別のブラウザーで開くか、文字で入力してください。",
    browser_old:
      "このブラウザーには通話に必要な機能がありません。更新するか、別のものをお使いください。",
    server_unreachable: "サーバーに接続できませんでした。接続を確認して、もう一度お試しください。",
    voice_unreachable: "音声の接続ができませんでした。もう一度お試しください。",
    at_capacity: "ただいま回線がすべて使用中です。",
    draining: "サービスを更新しています。",
    paused: "アシスタントはただいま通話を受け付けていません。後でもう一度お試しください。",
    daily_budget: "アシスタントが今日の上限に達しました。明日もう一度お試しください。",
    rate_limited: "短い時間に通話が多すぎました。",
    join_link_used: "この招待はすでに使われています。",
    session_forgotten: "その会話はもう保存されていません。",
    session_live: "その会話はまだ終わっていません。1 分後に続けられます。",
    key_needed: "このアシスタントを使うにはキーが必要です。",
    wrong_key: "キーが違います。確認して、もう一度お試しください。",
    access_slowed: "間違ったキーの入力が多すぎました。",
    sign_in_needed: "サインインしていません。このページを開き直して、先にサインインしてください。",
    invite_needed: "ここで話すには招待が必要です。受け取ったリンクを開いてください。",
    invite_unknown: "この招待は確認できません。リンクが途中で切れていないかお確かめください。",
    invite_used_up: "この招待は使い切られています。新しい招待をお求めください。",
    invite_expired: "この招待は期限が切れています。新しい招待をお求めください。",
    invite_revoked: "この招待は取り消されました。",
    bot_absent: "アシスタントが応答しませんでした。もう一度お試しください。",
    bot_left: "アシスタントが突然通話を離れ、戻りませんでした。",
    connection_lost: "接続が切れ、戻りませんでした。",
    unexpected: "問題が起きました。もう一度お試しください。",
  },

  tryAgain: {
    soon: "少し待ってから、もう一度お試しください。",
    inSecs: (secs) => `${secs} 秒後にもう一度お試しください。`,
    inMinutes: (minutes) => `約 ${minutes} 分後にもう一度お試しください。`,
  },

  microphone: {
    none_left: () => "マイクがなくなり、ほかにもありません。接続してください。",
    blocked: () => "マイクがブロックされました。ブラウザーのアドレスバーで許可してください。",
    taken: () => "マイクが止まりました。ほかのアプリが使っているのかもしれません。",
    muted_by_computer: () =>
      "コンピューターがマイクをミュートしています。そちらでオンにしてください。",
    talking_muted: () => "話していますが、ミュート中です。",
    silent: (now) => `「${now}」から何も聞こえません。ミュートになっていませんか？`,
    replaced: (now, before) => `「${before}」がなくなりました。「${now}」を使っています。`,
    chosen_gone: (now) => `選んだマイクがありません。「${now}」を使っています。`,
    echo: () =>
      "アシスタントの声がスピーカーからマイクに入っているようです。ヘッドホンをお使いください。",
    call_quality: (now) => `「${now}」は電話の音質です。別のマイクのほうがよく聞き取れます。`,
  },
  microphoneNotSwitched: "マイクを切り替えられませんでした。",

  keys: {
    hold: "ミュート中は、マイクのボタンを押している間だけ話せます。",
    does: {
      talk: "押している間だけ話す",
      mute: "ミュート、解除",
      end: "通話を終える",
      help: "この一覧を表示",
    },
    caps: { space: "スペース", control: "Ctrl", shift: "Shift" },
  },

  check: {
    title: "回線を確認する",
    intro: "通話に必要なものをすべて調べ、足りないものがあれば対処をお知らせします。",
    start: "確認を始める",
    again: "もう一度確認する",
    say: "3 秒間、何か話してください。",
    playBack: "聞こえた音です。あなたの声ですか？",
    playTone: "音を鳴らす",
    heard: "聞こえました",
    notHeard: "聞こえませんでした",
    copy: "サポート用にコピー",
    copied: "コピーしました。",
    report: "結果",
    link: "マイクと回線を確認する",
    names: {
      browser: "ブラウザー",
      microphone: "マイク",
      speaker: "スピーカー",
      server: "サーバー",
      line: "音声の接続",
      sound: "音の経路",
      relay: "中継",
    },
    statuses: {
      waiting: "未確認",
      running: "確認中",
      good: "良好",
      weak: "使えますが、注意",
      bad: "使えません",
      skipped: "省略",
    },
    findings: {
      browser_ok: "このブラウザーで通話できます。",
      microphone_ok: "マイクの音が聞こえます。",
      microphone_silent:
        "マイクから何も聞こえません。スイッチやコンピューターの設定でミュートになっていませんか？正しいマイクですか？",
      speaker_ok: "こちらの音が聞こえています。",
      speaker_silent: "音量を上げ、どのスピーカーやヘッドホンで再生しているか確認してください。",
      server_ok: "サーバーが応答しています。",
      line_ok: "音声サーバーに接続できます。",
      line_blocked:
        "途中で WebSocket が止められています。ファイアウォール、プロキシ、VPN などが原因です。別のネットワークを試すか、管理者にお尋ねください。",
      sound_udp: "音はいちばん速い経路（UDP）を通ります。",
      sound_tcp:
        "ここでは UDP が止められているため、音は TCP を通り、途切れることがあります。別のネットワークを試すか、管理者にお尋ねください。",
      sound_relayed: "音は中継を通ります。使えますが、少し遅れます。",
      sound_blocked:
        "音の経路が見つかりません。ファイアウォールか VPN が UDP と TCP を止めています。別のネットワークを試すか、管理者にお尋ねください。",
      relay_ok: "直接の経路が使えないときは、中継が代わります。",
      relay_none: "このサーバーに中継はありません。音が通っていれば必要ありません。",
      relay_blocked: "中継に接続できません。音が通っていれば必要ありません。",
      not_reached: "前の項目がうまくいかなかったため、省略しました。",
    },
  },
};
