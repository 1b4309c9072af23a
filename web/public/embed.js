// docs/embed.md
(() => {
  if (window.parley) return window.parley.mount?.();
  const { src, dataset } = document.currentScript;
  const home = new URL(src).origin;
  const { label = "Talk to us", close: bye = "Close", color, side } = dataset;
  const phone = matchMedia("(max-width:30rem),(max-height:30rem)");
  const events = new EventTarget();
  let frame, phase, silence;

  const host = document.createElement("parley-embed");
  const root = host.attachShadow({ mode: "open" });
  // A sheet: a strict policy of the page holds.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:host{all:initial!important}
*{font:500 16px/1.4 system-ui,sans-serif;margin:0}
button{margin-inline-start:auto;min-height:44px;padding:0 20px;border:1px solid transparent;border-radius:24px;color:inherit;background:0}
dialog,dialog+button{position:fixed;inset:auto ${side === "left" ? "auto 20px 20px" : "20px 20px auto"};z-index:99999;box-shadow:0 4px 32px #0004}
dialog+button{color:#fff;background:#2b2320;background:rgb(from ${color} r g b/1);color:color(from ${color} xyz-d65${" calc(18e4 - 1e6*y)".repeat(3)}/1)}
dialog{width:380px;height:min(640px,100dvh - 40px);padding:0;border:0;border-radius:16px;overflow:hidden;color-scheme:light dark}
dialog[open]{display:flex;flex-direction:column}
dialog[open]+button,p:not(:empty)+iframe{display:none}
header{display:flex;padding:2px;padding-inline-start:20px;line-height:44px}
p:not(:empty){padding:20px}
iframe{flex:1;border:0}
@media ${phone.media}{dialog{inset:0;min-width:100%;min-height:100%;border-radius:0}}
@media print{*{visibility:hidden}}`);
  root.adoptedStyleSheets = [sheet];

  const make = (name, parent, rest) =>
    parent.appendChild(Object.assign(document.createElement(name), rest));
  const tell = (event) => events.dispatchEvent(new Event(event));
  const say = (
    words = `The assistant cannot be shown: its server is away, its EMBED_ORIGINS lack ${location.origin}, or this page's frame-src lacks ${home}.`,
  ) => {
    clearTimeout(silence);
    phase ??= "ready";
    sentence.textContent = words;
  };
  const mount = () => host.isConnected || document.body.append(host);
  const open = () => {
    mount();
    if (panel.open) return;
    if (!frame) {
      say("");
      phase = undefined;
      frame = make("iframe", panel, {
        title: label,
        allow: "microphone; autoplay; clipboard-write; screen-wake-lock; speaker-selection",
        src: `${home}/embed?host=${encodeURIComponent(location.origin)}`,
        onload: () => phase || (silence = setTimeout(say, 1000)),
      });
    }
    panel[phone.matches ? "showModal" : "show"]();
    frame.focus();
    tell("open");
  };
  const close = () => panel.close();
  // No key ends a call by the way.
  const escape = () => (/connecting|live/.test(phase) ? end.focus() : close());

  const panel = make("dialog", root, { ariaLabel: label });
  make("button", root, { textContent: label, part: "button", onclick: open });
  const head = make("header", panel, { textContent: label });
  const end = make("button", head, { textContent: bye, onclick: close });
  const sentence = make("p", panel, { role: "alert" });
  panel.onclose = () => {
    if (panel.open) return;
    // One that is alive is kept.
    if (phase && phase !== "ready") frame.contentWindow.postMessage("close", home);
    else {
      say("");
      frame.remove();
      frame = null;
    }
    tell("close");
  };
  panel.onkeydown = panel.oncancel = (event) => {
    if (event.key && event.key !== "Escape") return;
    event.preventDefault();
    escape();
  };
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== frame?.contentWindow || origin !== home) return;
    if (data === "escape") return escape();
    say("");
    tell((phase = data));
  });
  const on = (event, listener) => {
    events.addEventListener(event, listener);
    return () => events.removeEventListener(event, listener);
  };
  window.parley = { open, close, on, mount };
  if (document.readyState === "complete") mount();
  else addEventListener("load", mount);
})();
