import { h } from './dom.js';

/** A text area whose text can be marked in places. `changed` is called after a pause in typing. */
export function createEditor({ textarea, marks, changed }) {
  const pauseMs = 200;
  let timer;
  let spans = [];

  // A mark at the end of the text or of a line has no character of its own, so it gets a space.
  const piece = (text) => h('mark', {}, text === '' || text === '\n' ? ` ${text}` : text);
  const render = () => {
    const text = textarea.value;
    const pieces = [];
    let at = 0;
    for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
      if (start < at) continue;
      pieces.push(text.slice(at, start), piece(text.slice(start, end)));
      at = end;
    }
    // The text after the last line break is a line, too.
    marks.replaceChildren(...pieces, text.slice(at), '\u200b');
  };

  textarea.addEventListener('input', () => {
    // Marks of the previous text would be in wrong places.
    spans = [];
    render();
    clearTimeout(timer);
    timer = setTimeout(changed, pauseMs);
  });

  return {
    get text() {
      return textarea.value;
    },
    set text(text) {
      clearTimeout(timer);
      textarea.value = text;
      spans = [];
      render();
      changed();
    },
    /** Marks these spans, and no others. */
    mark(wrong) {
      spans = wrong;
      textarea.setAttribute('aria-invalid', String(spans.length > 0));
      render();
    },
    /** Selects a place and scrolls to it. */
    reveal({ start, end }) {
      textarea.focus();
      textarea.setSelectionRange(start, end);
      marks.querySelectorAll('mark')[spans.findIndex((span) => span.start === start)]?.scrollIntoView({ block: 'nearest' });
    },
  };
}
