export { addSigner, type EditedPolicy, type NewSigner, removeSigner } from '../edit/signers.ts';
export { loadTable, type TableDraft, type TableReader } from '../table/load.ts';
export { type Lint, lintPolicy, loadPolicy } from './load-policy.ts';
export type { PolicyProblem } from './problems.ts';
export type { LoadOptions, PolicyReader } from './reader.ts';
