// What the page does in the browser at once. It runs in the head, before there are boxes.
(() => {
  const box = name => document.querySelector(`#paper-${name} textarea, #paper-${name} input`);
  const narrow = () => window.innerWidth <= 768;
  const fill = (target, text) => {
    const type = target.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(type.prototype, "value").set.call(target, text);
    target.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // "Title: ... Abstract: ...", as arXiv's pages and mails have it, with other fields before, between and behind.
  const FIELD = /(?:^|\s)(?:authors?|comments?|subjects?|categories|keywords|journal[ -]ref|doi|cite as|msc[ -]class(?:es)?|acm[ -]class(?:es)?|report[ -]no|date)\s*:/i;
  const split = text => {
    const found = /(?:^|\n)\s*title\s*:\s*([\s\S]*?)(?:\s)abstract\s*[:.\n]\s*([\s\S]+)$/i.exec(text);
    if (!found) return null;
    const abstract = found[2].split(new RegExp("\\n\\s*" + FIELD.source.replace("(?:^|\\s)", ""), "i"))[0].trim();
    return { title: found[1].split(FIELD)[0].replace(/\s+/g, " ").trim(), abstract };
  };
  document.addEventListener("paste", event => {
    if (!event.target.closest?.("#paper-title, #paper-abstract")) return;
    const parts = split(event.clipboardData.getData("text/plain"));
    if (!parts) return;
    event.preventDefault();
    fill(box("title"), parts.title);
    fill(box("abstract"), parts.abstract);
    box("abstract").focus();
  });

  document.addEventListener("keydown", event => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const button = event.target.closest?.("[role=tabpanel]")?.querySelector("button.primary");
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  // An answer keeps the query that it answers. Where the boxes say something else by now, it is marked as old.
  const answer = () => document.querySelector("#paper-answer .answer");
  const asked = () => JSON.parse(answer()?.dataset.asked ?? "null");
  const markOld = () => {
    const query = asked();
    if (!query) return;
    const edited = ["title", "abstract", "chosen", "date"].some(
      name => (box(name)?.value ?? query[name]).trim() !== (query[name] ?? "").trim());
    answer().classList.toggle("old", edited);
    const note = answer().querySelector(".old-note");
    const told = edited ? "You have edited the paper since this answer. Press Classify for a new one." : "";
    if (note.textContent !== told) note.textContent = told;
  };
  document.addEventListener("input", event => {
    if (event.target.closest?.("#paper-title, #paper-abstract, #paper-chosen, #paper-date")) markOld();
  });

  let seen = null;
  window.paperAnswered = () => setTimeout(() => {
    markOld();
    const place = document.querySelector("#paper-answer");
    const shown = place?.querySelector(".answer, .problem");
    if (!shown || shown === seen) return;
    seen = shown;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (narrow()) place.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  }, 60);

  // A link holds the query behind its #, which browsers send to no server.
  const link = () => {
    const query = Object.fromEntries(Object.entries(asked()).filter(([, value]) => value));
    return `${location.origin}${location.pathname}${location.search}#${new URLSearchParams(query)}`;
  };
  window.paperLink = () => {
    const query = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    return query.abstract ? JSON.stringify(query) : "";
  };
  window.addEventListener("hashchange", () => { if (location.hash.includes("abstract=")) location.reload(); });

  const copied = async text => {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // a page without https has no clipboard
      const area = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  document.addEventListener("click", async event => {
    const button = event.target.closest?.("button.copy");
    if (!button) return;
    const label = button.textContent;
    await copied(button.matches(".link") ? link() : button.dataset.copy);
    if (button.matches(".link")) history.replaceState(null, "", link());
    if (label === "Copied") return;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 2000);
  });
})();
