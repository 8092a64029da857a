import { createHash } from 'node:crypto';

/** As a Content-Security-Policy names an inline script or style. Rule: CSP 3, 2.3.1 `hash-source`. */
export function sourceHash(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
}

/** Images of one section of the list: what is not seen is not laid out, section by section, or tens of thousands would open in minutes. */
export const sectionRows = 100;

/** The whole style of the page. */
export const pageStyle: string = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 78rem; padding: 0 1rem; overflow-wrap: anywhere; }
.verified { color: #18794e; } .denied { color: #cd2b31; } .undecided { color: #ad5700; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }
th + th, td + td { text-align: right; width: 6rem; font-variant-numeric: tabular-nums; }
.note { display: block; font-size: .9em; opacity: .8; }
#filter { margin-bottom: 1rem; } #filter label { display: inline-block; margin: 0 1rem .25rem 0; } #filter select { max-width: 14rem; }
#images section { content-visibility: auto; contain-intrinsic-height: ${sectionRows * 2}rem; }
#images details { border-bottom: 1px solid #8884; }
summary { cursor: pointer; display: grid; grid-template-columns: 9rem 12rem 12rem 1fr; gap: 0 .75rem; padding: .25rem 0; }
summary .name::before { content: '\\25b8\\a0'; } [open] summary .name::before { content: '\\25be\\a0'; }
dl { margin: .25rem 0 .75rem 1rem; } dt { font-weight: 600; } dd { margin: 0 0 .25rem 1rem; }
@media (max-width: 45rem) {
  .counts tr { display: grid; grid-template-columns: repeat(4, 1fr); border-bottom: 1px solid #8884; }
  h1 { font-size: 1.5rem; } .counts th { font-size: .8em; overflow-wrap: normal; }
  .counts tr > * { border: 0; width: auto; } .counts tr > :first-child { grid-column: 1 / -1; }
  summary { display: flex; flex-wrap: wrap; } summary .name { order: -1; flex-basis: 100%; }
}
@media (prefers-color-scheme: dark) { .verified { color: #4cc38a; } .denied { color: #ff6369; } .undecided { color: #f1a10d; } }
`;

/** The whole script: it hides rows, and nothing else. Without it everything can be read. */
export const pageScript: string = `
'use strict';
(function () {
  var list = function (of, selector) { return Array.prototype.slice.call(of.querySelectorAll(selector)); };
  var form = document.getElementById('filter');
  var sections = list(document, '#images section').map(function (section) { return { section: section, rows: list(section, 'details') }; });
  var total = document.querySelectorAll('#images details').length;
  var value = function (id) { return document.getElementById(id).value; };
  function apply() {
    var text = value('text').toLowerCase(), verdict = value('verdict'), code = value('code'), rule = value('rule'), shown = 0;
    var matches = function (row) {
      var data = row.dataset;
      return (verdict === '' || data.verdict === verdict) && (code === '' || data.code === code)
        && (rule === '' || data.rule === rule) && (text === '' || row.textContent.toLowerCase().indexOf(text) !== -1);
    };
    sections.forEach(function (each) {
      var here = each.rows.filter(function (row) { return !(row.hidden = !matches(row)); }).length;
      each.section.hidden = here === 0;
      each.section.style.containIntrinsicHeight = 2 * here + 'rem';
      shown += here;
    });
    document.getElementById('shown').textContent = shown + ' of ' + total;
  }
  form.addEventListener('input', apply);
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  form.hidden = false;
  apply();
})();
`;
