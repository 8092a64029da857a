import { digestOf } from '@signet/oci';
import type { ReportCode } from '../decision/verdict.ts';
import { reasonAddress, reasons } from './reasons.ts';
import { type DocumentOptions, passes, type ReportOutcome, type ResultEntry } from './result-entry.ts';
import { logicalLocation, physicalLocation } from './sarif-location.ts';

/** A SARIF document as plain JSON data. Print it with toJsonText: texts from outside are in it. */
export type SarifLog = Readonly<Record<string, unknown>>;

/** A rule of the document is a reason why an image is not verified. */
const codes: readonly ReportCode[] = (Object.keys(reasons) as readonly ReportCode[]).filter(
  (code) => code !== 'VERIFIED',
);

/**
 * What is not verified, for dashboards of code scanning: a result for each use of such an image, at the file and line that name it.
 * `error` where enforcement stops it, else `warning` or `note`. Rule: SARIF 2.1.0.
 */
export function toSarif(entries: readonly ResultEntry[], options: DocumentOptions): SarifLog {
  const fingerprint = fingerprints();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: driver(options) },
        automationDetails: { id: 'signet/verify/' },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: entries.every(({ outcome }) => outcome.kind === 'report'),
            toolExecutionNotifications: entries.flatMap(notification),
          },
        ],
        results: entries.flatMap((entry) => result(entry, { options, fingerprint })),
      },
    ],
  };
}

function driver({ version }: DocumentOptions): SarifLog {
  return {
    name: 'signet',
    version,
    semanticVersion: version,
    informationUri: 'https://signet.dev',
    rules: codes.map((id) => {
      const { title, meaning, remedy, verdict } = reasons[id];
      return {
        id,
        shortDescription: { text: title },
        fullDescription: { text: meaning },
        helpUri: reasonAddress(id),
        help: {
          text: `${meaning}\n\nWhat to do: ${remedy.replaceAll(/[`*]/g, '')}`,
          markdown: `${meaning}\n\n**What to do:** ${remedy}`,
        },
        defaultConfiguration: { level: 'error' },
        properties: { verdict, tags: ['security', 'supply-chain'] },
      };
    }),
  };
}

/** What could not be asked at all is no result about an image: the run was not whole. */
function notification(entry: ResultEntry): readonly SarifLog[] {
  const { outcome } = entry;
  if (outcome.kind === 'report') return [];
  return [
    {
      descriptor: { id: outcome.code },
      level: 'error',
      message: { text: `${entry.reference}: ${outcome.message}` },
      locations: [locationOf(entry)],
    },
  ];
}

interface Around {
  readonly options: DocumentOptions;
  readonly fingerprint: (entry: ResultEntry) => string;
}

function result(entry: ResultEntry, { options, fingerprint }: Around): readonly SarifLog[] {
  const { outcome, reference } = entry;
  if (outcome.kind === 'failure' || outcome.verdict === 'verified') return [];
  const { code, summary, remedy, verdict, allowed, digest, rule, rulePlace, mode } = outcome;
  const why = `${reference}: ${summary}`;
  return [
    {
      ruleId: code,
      ruleIndex: codes.indexOf(code),
      kind: 'fail',
      level: levelOf(outcome, options),
      message: { text: remedy === undefined ? why : `${why}\nWhat to do: ${remedy}` },
      locations: [locationOf(entry)],
      ...(rulePlace === undefined
        ? {}
        : {
            relatedLocations: [{ ...physicalLocation(rulePlace), message: { text: `the rule ${rule ?? ''}`.trim() } }],
          }),
      partialFingerprints: { 'signetImageUse/v1': fingerprint(entry) },
      properties: { reference, verdict, allowed, digest, rule, mode },
    },
  ];
}

function levelOf(outcome: ReportOutcome, options: DocumentOptions): 'error' | 'warning' | 'note' {
  if (!passes(outcome, options)) return 'error';
  return outcome.mode === 'warn' ? 'warning' : 'note';
}

function locationOf({ reference, use }: ResultEntry): SarifLog {
  return { ...(use === undefined ? {} : physicalLocation(use.place)), ...logicalLocation(reference, use?.within) };
}

/** The same for the same finding when lines move: file, what names the image there, the image, the reason, and which of several alike it is. */
function fingerprints(): (entry: ResultEntry) => string {
  const seen = new Map<string, number>();
  return ({ reference, use, outcome }) => {
    const what = JSON.stringify([use?.place.file ?? '', use?.within ?? '', reference, outcome.code]);
    const before = seen.get(what) ?? 0;
    seen.set(what, before + 1);
    return digestOf(Buffer.from(`${what}#${before}`)).slice('sha256:'.length);
  };
}
