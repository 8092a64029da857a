import { escapeForTerminal, reasons } from '@signet/verifier';
import { type EndEntry, type HeadEntry, nameOf, type ResultEntry } from './entry.ts';
import { pageScript, pageStyle, sourceHash } from './page-assets.ts';
import { scopeText } from './scope.ts';
import type { Count, Tally } from './tally.ts';

/** What stands above the list. */
export interface PageFacts {
  readonly head: HeadEntry;
  /** Missing where the audit is not finished. */
  readonly end: EndEntry | undefined;
  readonly tally: Tally;
}

/** Everything before the first row. The one script and the one style are named by their hashes: nothing else may run, load or be sent. */
export function pageHead({ head, end, tally }: PageFacts): string {
  const policy = `default-src 'none'; script-src '${sourceHash(pageScript)}'; style-src '${sourceHash(pageStyle)}'; base-uri 'none'; form-action 'none'`;
  const { verified, denied, undecided } = tally.verdicts();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Signet audit: ${html(scopeText(head.scope))}</title>
<style>${pageStyle}</style>
</head>
<body>
<h1>Audit of ${html(scopeText(head.scope))}</h1>
<p>Policy ${html(head.policy)}. Begun ${html(head.startedAt)}, ${end === undefined ? '<strong>not finished: images are missing below</strong>' : `finished ${html(end.endedAt)}`}.</p>
<p id="sums"><b>${tally.images()}</b> images: <b class="verified">${verified} verified</b>, <b class="denied">${denied} denied</b>, <b class="undecided">${undecided} undecided</b>${tally.allowed() === 0 ? '' : `; ${tally.allowed()} of these allowed by their rule`}.${unlisted(tally)}${passedOver(end)}</p>
<h2>By reason</h2>
${countTable('Reason', tally.codes(), (name) => titleOf(name))}
<h2>By rule</h2>
${countTable('Rule', tally.rules(), () => '')}
<h2>Images</h2>
<form id="filter" hidden>
<label>Name or text <input id="text" type="search" autocomplete="off"></label>
<label>Verdict <select id="verdict"><option value="">all</option><option>verified</option><option>denied</option><option>undecided</option></select></label>
<label>Reason <select id="code"><option value="">all</option>${options(tally.codes())}</select></label>
<label>Rule <select id="rule"><option value="">all</option>${options(tally.rules())}</select></label>
<output id="shown"></output>
</form>
<div id="images">
`;
}

/** One image (or repository): its answer, and its explanation to fold out. */
export function resultRow(entry: ResultEntry): string {
  const { kind, verdict, code, allowed, digest, rule, mode, summary, remedy, details, at } = entry;
  const facts = [
    row('Why', summary),
    row('Meaning', meaningOf(entry)),
    row('To do', remedy),
    row('Digest', digest),
    row('Rule', rule === undefined ? undefined : `${rule} (${mode ?? ''})`),
    ...details.map((detail) => row('Found', detail)),
    row('Verified', at),
  ].join('');
  const name = kind === 'repository' ? `${entry.reference} (repository)` : nameOf(entry);
  const letThrough = allowed && verdict !== 'verified' ? ' (allowed)' : '';
  return `<details data-verdict="${verdict}" data-code="${html(code)}" data-rule="${html(ruleName(entry))}"><summary><span class="${verdict}">${verdict}${letThrough}</span><span>${html(code)}</span><span>${html(rule ?? '')}</span><span class="name">${html(name)}</span></summary><dl>${facts}</dl></details>
`;
}

/** Some rows that belong together only for speed. */
export function listSection(rows: readonly string[]): string {
  return `<section>\n${rows.join('')}</section>\n`;
}

/** Everything after the last section. */
export const pageEnd: string = `</div>
<script>${pageScript}</script>
</body>
</html>
`;

/**
 * Text as it may stand in HTML, in a text or in an attribute between double quotes. What could hide or reorder it is written out first.
 * Rule: HTML Living Standard 13.1.2.3, 13.1.4.
 */
export function html(text: string): string {
  return escapeForTerminal(text, 8192).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function ruleName({ rule, failed }: ResultEntry): string {
  return rule ?? (failed === true ? '' : '(no rule)');
}

function row(label: string, text: string | undefined): string {
  return text === undefined || text === '' ? '' : `<dt>${label}</dt><dd>${html(text)}</dd>`;
}

const titles: ReadonlyMap<string, { readonly title: string; readonly meaning: string }> = new Map(
  Object.entries(reasons),
);

function titleOf(code: string): string {
  return titles.get(code)?.title ?? 'There is no report: the error says why.';
}

function meaningOf({ code, failed }: ResultEntry): string | undefined {
  return failed === true ? undefined : titles.get(code)?.meaning;
}

function unlisted(tally: Tally): string {
  const count = tally.repositories();
  return count === 0 ? '' : ` Of ${count} repositories the tags could not be listed: they are among the undecided.`;
}

function passedOver(end: EndEntry | undefined): string {
  if (end === undefined || end.passedOver === 0) return '';
  return ` ${end.passedOver} tags that name signatures were passed over (--all-tags verifies them too).`;
}

function countTable(title: string, counts: readonly Count[], noteOf: (name: string) => string): string {
  const rows = counts.map(({ name, count, verdicts }) => {
    const note = noteOf(name);
    return `<tr><td>${html(name)}${note === '' ? '' : `<span class="note">${html(note)}</span>`}</td><td>${count}</td><td>${verdicts.verified}</td><td>${verdicts.denied}</td><td>${verdicts.undecided}</td></tr>`;
  });
  return `<table class="counts"><thead><tr><th>${title}</th><th>Images</th><th>Verified</th><th>Denied</th><th>Undecided</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table>`;
}

function options(counts: readonly Count[]): string {
  return counts.map(({ name }) => `<option value="${html(name)}">${html(name)}</option>`).join('');
}
