import { escapeForTerminal } from '@signet/verifier';
import type { Io } from '../io.ts';
import { type OutputOptions, writeJson } from '../options/output.ts';
import { createStyle } from '../style.ts';
import type { CarriedCollection } from './carry-collection.ts';
import { timeJson } from './catalogue-json.ts';
import { whenText } from './when.ts';

/** Tags that are named where they do not meet their rule. */
const maxNamed = 10;

/** What was done, and how it is told. */
interface Told {
  readonly io: Io;
  readonly output: OutputOptions;
  /** Such as "exported". */
  readonly did: string;
  readonly isDry: boolean;
}

/** Says what `signet tags export` or `import` did. */
export function showCarried(carried: CarriedCollection, told: Told): void {
  const { io, output } = told;
  if (output.json) writeJson(io, carriedJson(carried, told));
  else io.stdout.write(carriedText(carried, told));
}

function carriedJson(carried: CarriedCollection, { isDry }: Told): object {
  const { collection, outcome, catalogue, manifest, images, missing, unproven, replaced, content } = carried;
  return {
    version: 1,
    collection: collection.name,
    outcome,
    ...(isDry ? { dryRun: true } : {}),
    catalogue: { manifest, issued: timeJson(catalogue.issuedMs), expires: timeJson(catalogue.expiresMs) },
    tags: content.tags.size,
    images,
    missing,
    unproven,
    ...(replaced === undefined ? {} : { replaced: replacedJson(replaced) }),
  };
}

function replacedJson({ manifest, issuedMs, refused }: NonNullable<CarriedCollection['replaced']>): object {
  return {
    manifest,
    ...(issuedMs === undefined ? {} : { issued: timeJson(issuedMs) }),
    ...(refused === undefined ? {} : { refused }),
  };
}

function carriedText(carried: CarriedCollection, { output, did, isDry }: Told): string {
  const { collection, outcome, catalogue, manifest, images, missing, unproven, replaced, content } = carried;
  const nowMs = Date.now();
  const style = createStyle(output.color);
  const word = outcome === 'there' ? 'there already' : isDry ? `would be ${did}` : did;
  const rows: readonly (readonly [label: string, text: string | undefined])[] = [
    ['catalogue', `${manifest}, ${content.tags.size} tags`],
    ['', `issued ${whenText(catalogue.issuedMs, nowMs)}`],
    ['', `expires ${whenText(catalogue.expiresMs, nowMs)}`],
    ['replaces', replaced && replacedText(replaced, nowMs)],
    ['images', images.length === 0 ? undefined : `${images.length}`],
    ['not there', missing.length === 0 ? undefined : `${missing.length} images that the catalogue names`],
    ['denied', unproven.length === 0 ? undefined : `${namesOf(unproven)}: by the policy of today`],
  ];
  const lines = rows.flatMap(([label, text]) =>
    text === undefined ? [] : [`  ${label.padEnd(9)}  ${escapeForTerminal(text)}`],
  );
  return [`${style.good(word)}  ${escapeForTerminal(collection.name)}`, ...lines].map((line) => `${line}\n`).join('');
}

function replacedText({ issuedMs, refused }: NonNullable<CarriedCollection['replaced']>, nowMs: number): string {
  return issuedMs === undefined ? `what nobody trusts: ${refused}` : `one issued ${whenText(issuedMs, nowMs)}`;
}

function namesOf(tags: readonly string[]): string {
  const more = tags.length > maxNamed ? ` and ${tags.length - maxNamed} more` : '';
  return `${tags.slice(0, maxNamed).join(', ')}${more}`;
}
