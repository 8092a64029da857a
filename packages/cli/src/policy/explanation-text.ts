import {
  type Candidate,
  type ChoiceExplanation,
  type EffectiveRule,
  escapeForTerminal,
  type RequirementText,
} from '@signet/verifier';
import type { Style } from '../style.ts';

/** For people: the answer, what it rests on, then every pattern that fits the name, the most telling first. Ends with a line end. */
export function explanationText(told: ChoiceExplanation, style: Style): string {
  const rows = [
    ...row('folded', told.folded),
    ...row('note', told.folded === undefined ? namelessNote : undefined),
    ...row('signed as', told.signedName === told.folded ? undefined : told.signedName),
    ...row('rename', told.rename === undefined ? undefined : `${told.rename.from} -> ${told.rename.to}`),
    ...row('tag names', told.tagNames === undefined ? undefined : (told.tagNames ?? 'nothing')),
    ...(told.rule === undefined ? [] : ruleRows(told.rule, told.catalogued)),
  ].map(([label, text]) => `  ${label.padEnd(9)}  ${escapeForTerminal(text)}`);
  return [
    `${escapeForTerminal(told.reference)}  ${answer(told, style)}`,
    ...rows,
    ...candidateRows(told.candidates, style),
    '',
  ].join('\n');
}

const namelessNote = 'an image layout has no name by which a rule could be chosen: --signed-reference gives it one';

function answer({ refused, outcome, rule, default: fallback }: ChoiceExplanation, style: Style): string {
  if (refused) return style.bad('refused: its digest is on the list of the policy, whatever a rule says');
  if (outcome === 'undecided') return style.doubt('not known without the registry: --resolve asks it');
  if (rule !== undefined) return style.strong(escapeForTerminal(`rule ${rule.name}`));
  return `${style.strong('no rule')}, default: ${fallback === 'allow' ? style.doubt('allow') : style.bad('deny')}`;
}

function ruleRows(
  rule: EffectiveRule,
  catalogued: ChoiceExplanation['catalogued'],
): readonly (readonly [string, string])[] {
  const { mode, require, tag, catalogue, platforms, annotations = {}, maxAge, notBefore, where, place } = rule;
  return [
    ...row('stands at', place === undefined ? undefined : `${place.file}:${place.line}:${place.column}`),
    ...row('mode', mode),
    ...row('require', require === undefined ? undefined : requirementWords(require)),
    ...row('tag', tag),
    ...row('catalogue', catalogue === undefined ? undefined : catalogueWords(catalogue, catalogued)),
    ...row('platforms', platforms === 'each' ? platforms : undefined),
    ...Object.entries(annotations).flatMap(([name, value]) => row('signed', `${name}=${value}`)),
    ...row('maxAge', maxAge),
    ...row('notBefore', notBefore),
    ...row('where', where),
  ];
}

function catalogueWords(name: string, catalogued: ChoiceExplanation['catalogued']): string {
  if (catalogued === undefined) return `${name}, which is not for this image: it is denied`;
  return `${name}: tags of ${catalogued.collection}, read at ${catalogued.location}:signet-tags`;
}

/** `any of (a, all of (b, c))` */
function requirementWords(require: RequirementText): string {
  if (typeof require === 'string') return require;
  if ('any' in require)
    return require.any.length === 1 ? requirementWords(require.any[0] ?? '') : `any of ${listed(require.any)}`;
  if ('all' in require) return `all of ${listed(require.all)}`;
  return `at least ${require.atLeast} of ${listed(require.of)}`;
}

function listed(of: readonly RequirementText[]): string {
  return `(${of.map(requirementWords).join(', ')})`;
}

function candidateRows(candidates: readonly Candidate[], style: Style): readonly string[] {
  const cells = candidates.map((each) => [
    each.decides ? '->' : '  ',
    escapeForTerminal(each.pattern),
    escapeForTerminal(each.rule),
    each.mode,
    each.place === undefined ? '' : escapeForTerminal(`${each.place.file}:${each.place.line}`),
    escapeForTerminal(each.why),
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...cells.map((line) => line[column]?.length ?? 0)));
  return cells.map((line, at) => {
    const text = `  ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd();
    return candidates[at]?.decides === true
      ? style.strong(text)
      : candidates[at]?.fit === 'no'
        ? style.faint(text)
        : text;
  });
}

function row(label: string, text: string | undefined): readonly (readonly [string, string])[] {
  return text === undefined ? [] : [[label, text]];
}
