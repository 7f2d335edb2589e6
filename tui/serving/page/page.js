// What the terminal's script leaves to the page: keys go to the screen from the beginning, and it can be opened again.
document.getElementById("again").addEventListener("click", () => window.location.reload());

new MutationObserver((_, observer) => {
  const keys = document.querySelector(".xterm-helper-textarea");
  if (keys && document.body.classList.contains("-first-byte")) {
    keys.focus();
    observer.disconnect();
  }
}).observe(document.body, { attributes: true, attributeFilter: ["class"] });
