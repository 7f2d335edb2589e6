// What the terminal's script leaves to the page.
//
// Rule 1: the fonts are there before a cell is measured; else the rows have the height of another font, and the last of
//         them lie below the page after the next change of its size.
// Rule 2: when the screen is gone the page says why, and comes back by itself where only the connection was lost.
// Rule 3: what agents write is text: nothing of it is opened because somebody clicked on its row, and what is copied is
//         what a person copied; the clipboard is never read.
"use strict";

const FONT = "14px 'Roboto Mono'";
const FONTS = [FONT, `bold ${FONT}`, `italic ${FONT}`, `italic bold ${FONT}`];
const FONTS_MS = 5000;
const SIGN_OF_LIFE_MS = 10000;
const AGAIN_MS = 2000;
const [SERVER_ENDED, LOST, FAILED, FULL] = [1001, 1006, 1011, 1013];
const ENDED = "The screen has ended; the agents go on.";
const GONE = "onecontext monitor --serve has ended; the agents go on. Start it again, and open the address that it prints.";

const element = (id) => document.getElementById(id);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// --- the beginning -------------------------------------------------------------------------------------------------

const begin = window.onload;
window.onload = async (event) => {
  await Promise.race([Promise.allSettled(FONTS.map((font) => document.fonts.load(font))), pause(FONTS_MS)]);
  begin(event);
  document.querySelector(".xterm-helper-textarea").focus();
};

// Beside the last cell, too, a click leaves the keys to the screen; else `/` would search the page in Firefox.
element("terminal").addEventListener("mousedown", (event) => {
  if (!event.target.closest(".xterm-screen")) event.preventDefault();
});

element("again").addEventListener("click", () => window.location.reload());

// The terminal draws on canvases, and by WebGL for a moment before; where there is none the error would leave it without
// either, and what DOM draws has gaps in its lines. So there is something that takes every call, and draws nothing.
const context = HTMLCanvasElement.prototype.getContext;
const nothing = new Proxy(() => nothing, { get: (_, name) => (name === Symbol.toPrimitive ? () => 1 : nothing) });
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return context.call(this, kind, ...more) ?? (kind === "webgl2" ? nothing : null);
};

// --- the end -------------------------------------------------------------------------------------------------------

let over = false;

function end(words, mayOpen) {
  over = true;
  element("why").textContent = words;
  element("again").hidden = !mayOpen;
  document.body.classList.add("-closed");
  element("again").focus();
}

async function comeBack() {
  if (over) return;
  end("The connection was lost; the agents go on. Trying again…", true);
  for (;;) {
    await pause(AGAIN_MS);
    try {
      const answer = await fetch(window.location.href, { cache: "no-store" });
      if (answer.ok) return window.location.reload();
      return end(GONE, false);
    } catch {
      // Nobody answers yet: a laptop that wakes up has no network at first.
    }
  }
}

function closed(event) {
  if (over) return;
  if (event.code === LOST) comeBack();
  else if (event.code === SERVER_ENDED) end(GONE, false);
  else if (event.code === FAILED || event.code === FULL) end(event.reason, true);
  else end(ENDED, true);
}

// --- the connection ------------------------------------------------------------------------------------------------

window.WebSocket = class extends WebSocket {
  constructor(address) {
    super(`${address}&light=${window.matchMedia("(prefers-color-scheme: light)").matches ? 1 : 0}`);
    this.unanswered = false;
    this.addEventListener("open", () => setInterval(() => this.giveSign(), SIGN_OF_LIFE_MS));
    this.addEventListener("close", closed);
    this.addEventListener("message", (event) => this.heard(event.data));
  }

  // A line that died without a word closes no socket for many minutes.
  giveSign() {
    if (this.unanswered) comeBack();
    else if (this.readyState === WebSocket.OPEN) {
      this.unanswered = true;
      super.send(JSON.stringify(["ping", ""]));
    }
  }

  heard(data) {
    this.unanswered = false;
    if (typeof data !== "string") return;
    const [kind, title, ground] = JSON.parse(data);
    if (kind !== "look") return;
    document.title = title;
    document.body.style.backgroundColor = ground;
    element("theme").content = ground;
  }

  // A key that is pressed too early or too late is none.
  send(data) {
    if (this.readyState === WebSocket.OPEN) super.send(data);
  }
};

// --- what agents write ---------------------------------------------------------------------------------------------

// The terminal's script opens what looks like an address on a click, also on one that was meant for the row.
let wanted = false;
window.addEventListener("mouseup", (event) => (wanted = event.ctrlKey || event.metaKey), true);
const open = window.open.bind(window);
window.open = (...arguments_) => (wanted ? open(...arguments_) : null);

if (navigator.clipboard) {
  const write = (text) => Clipboard.prototype.writeText.call(navigator.clipboard, text);
  const copy = async (text) => {
    try {
      await write(text);
      element("note").hidden = true;
    } catch {
      element("note").hidden = false;
      element("copy").onclick = () => copy(text).then(() => document.querySelector(".xterm-helper-textarea").focus());
    }
  };
  navigator.clipboard.writeText = copy;
  navigator.clipboard.readText = async () => "";
}

// What shift and a drag marked; the terminal gives it to whoever copies.
function marked() {
  const asked = new ClipboardEvent("copy", { clipboardData: new DataTransfer(), bubbles: true, cancelable: true });
  document.querySelector(".xterm-helper-textarea").dispatchEvent(asked);
  return asked.clipboardData?.getData("text/plain");
}

// ctrl+c copies in a browser, and on the screen it leaves: where something is marked it was meant for the browser.
window.addEventListener(
  "keydown",
  (event) => {
    const text = event.key === "c" && event.ctrlKey && !event.altKey && !event.shiftKey && marked();
    if (!text) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    navigator.clipboard.writeText(text);
  },
  true,
);
