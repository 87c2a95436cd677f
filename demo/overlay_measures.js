// What an overlay shows, in pixels of the viewport: its lines of text, its button, its code.
() => {
  const box = (rect) => [rect.left, rect.top, rect.right, rect.bottom];
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.data.trim()) continue;
    const holder = node.parentElement.closest("h1, p, a");
    const style = getComputedStyle(node.parentElement);
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      lines.push({
        part: holder.tagName === "H1" ? "headline" : holder.className,
        text: node.data.trim(),
        box: box(rect),
        size: parseFloat(style.fontSize),
        color: style.color.match(/[\d.]+/g).map(Number),
      });
    }
  }
  const hidden = [...document.querySelectorAll("main *")].filter(
    (element) =>
      !element.closest("svg") &&
      getComputedStyle(element).overflow !== "visible" &&
      (element.scrollHeight > element.clientHeight + 1 || element.scrollWidth > element.clientWidth + 1),
  );
  const drawing = document.querySelector(".code svg");
  return {
    frame: box(document.querySelector("main").getBoundingClientRect()),
    lines,
    hidden: hidden.map((element) => element.className || element.tagName),
    button: box(document.querySelector(".cta").getBoundingClientRect()),
    code: drawing && box(drawing.parentElement.getBoundingClientRect()),
    modules: drawing && drawing.viewBox.baseVal.width,
  };
}
