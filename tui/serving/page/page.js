// The only script of ours on the page: the button that opens the screen again.
document.getElementById("again").addEventListener("click", () => window.location.reload());
