// A finger, which the terminal's script does not know: a swipe up or down turns the wheel where it began, and one to the
// side drags, as along the time bar.
//
// Rule 1: a tap is a click already, by the browser; only a finger that moves is translated, and only one.
// Rule 2: what is drawn follows the finger: a turn of the wheel is two rows.
"use strict";

const TURN_PX = 38;
const MOVED_PX = 12;

let finger = null;

const told = (Event_, kind, touch, more) =>
  document
    .querySelector(".xterm-screen")
    .dispatchEvent(new Event_(kind, { bubbles: true, cancelable: true, clientX: touch.clientX, clientY: touch.clientY, ...more }));

function turn(touch) {
  for (let turns = Math.trunc((finger.y - touch.clientY) / TURN_PX); turns; turns -= Math.sign(turns)) {
    told(WheelEvent, "wheel", finger.began, { deltaY: Math.sign(turns), deltaMode: WheelEvent.DOM_DELTA_LINE });
    finger.y -= TURN_PX * Math.sign(turns);
  }
}

function lift(touch) {
  if (finger?.drags) told(MouseEvent, "mouseup", touch, {});
  finger = null;
}

addEventListener("touchstart", (event) => {
  const [touch] = event.touches;
  lift(touch);
  if (event.touches.length === 1 && touch.target.closest("#terminal")) finger = { began: touch, y: touch.clientY };
});

addEventListener("touchmove", (event) => {
  const [touch] = event.touches;
  if (!finger) return;
  const [x, y] = [Math.abs(touch.clientX - finger.began.clientX), Math.abs(touch.clientY - finger.began.clientY)];
  if (finger.drags === undefined) {
    if (Math.max(x, y) < MOVED_PX) return;
    finger.drags = x > y;
    if (finger.drags) told(MouseEvent, "mousedown", finger.began, { buttons: 1 });
  }
  if (finger.drags) told(MouseEvent, "mousemove", touch, { buttons: 1 });
  else turn(touch);
});

addEventListener("touchend", (event) => lift(event.changedTouches[0]));
addEventListener("touchcancel", (event) => lift(event.changedTouches[0]));
