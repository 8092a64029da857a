import { digestOf } from '@signet/oci';
import type { Place } from '../policy/place.ts';
import type { SarifLog } from './sarif.ts';
import { physicalLocation } from './sarif-location.ts';

/** What is wrong with a file of configuration. */
export interface FileProblem {
  readonly severity: 'error' | 'warning';
  /** Of docs/errors.md. */
  readonly code: string;
  readonly message: string;
  readonly place: Place;
  readonly hint?: string;
}

/** The faults of a file as SARIF, for dashboards of code scanning. Rule: SARIF 2.1.0. */
export function problemsToSarif(problems: readonly FileProblem[], { version }: { readonly version: string }): SarifLog {
  const codes = [...new Set(problems.map(({ code }) => code))];
  const rules = codes.map((id) => ({ id, helpUri: `https://signet.dev/docs/errors#${id.toLowerCase()}` }));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'signet', version, semanticVersion: version, informationUri: 'https://signet.dev', rules },
        },
        automationDetails: { id: 'signet/policy/' },
        columnKind: 'utf16CodeUnits',
        results: problems.map(({ severity, code, message, place, hint }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level: severity,
          message: { text: hint === undefined ? message : `${message}\nWhat to do: ${hint}` },
          locations: [physicalLocation(place)],
          partialFingerprints: {
            'signetPolicy/v1': digestOf(Buffer.from(JSON.stringify([place.file, code, message]))),
          },
        })),
      },
    ],
  };
}
