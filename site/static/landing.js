// The demo on the landing page: nothing of it is loaded before somebody asks for it.
const button = document.getElementById("landing-start");

button?.addEventListener("click", async () => {
  const [root, status] = ["landing-demo", "landing-status"].map((id) => document.getElementById(id));
  const folder = new URL("demo/", document.baseURI);
  button.disabled = true;
  status.textContent = "Loading the demo.";
  try {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("widget.css", folder).href });
    document.head.append(style);
    const { start } = await import(new URL("start.js", folder).href);
    await start(root);
    root.querySelector(".emo-start").focus();
  } catch (error) {
    button.disabled = false;
    status.textContent = `The demo could not be loaded (${error.message}). Try again.`;
  }
});
