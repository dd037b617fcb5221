import { h } from './dom.js';

/** A text area whose text can be marked in places. `changed` is called after typing, once there is a pause. */
export function createEditor({ textarea, marks, changed }) {
  const pauseMs = 200;
  let timer;
  let spans = [];

  // A mark at the very end of the text, or at the end of a line, has no character of its own.
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
    // What follows a last line break is a line, too.
    marks.replaceChildren(...pieces, text.slice(at), '\u200b');
  };

  textarea.addEventListener('input', () => {
    // Marks of what was there before would stand in wrong places.
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
    /** Brings a place before the eyes, selected. */
    reveal({ start, end }) {
      textarea.focus();
      textarea.setSelectionRange(start, end);
      marks.querySelectorAll('mark')[spans.findIndex((span) => span.start === start)]?.scrollIntoView({ block: 'nearest' });
    },
  };
}
