import type { FormatName } from '../../format-names.ts';
import type { CheckAction } from '../x509-trust.ts';

/** A policy file as it is written, once its shape was checked. What the words mean: docs/policy.md. */
export interface PolicyInput {
  readonly $schema?: string;
  readonly version: 1;
  readonly extends?: string | readonly string[];
  readonly variables?: Readonly<Record<string, VariableInput>>;
  readonly trust?: Readonly<Record<string, SourceInput>>;
  readonly refuse?: { readonly digests?: readonly string[]; readonly keys?: readonly KeyInput[] };
  readonly rename?: readonly RenameInput[];
  readonly catalogues?: Readonly<Record<string, CatalogueInput>>;
  readonly rules?: readonly RuleInput[];
  readonly default?: 'deny' | 'allow';
}

/** Where a variable's value comes from. */
export interface VariableInput {
  readonly env: string;
  readonly default?: string;
}

/** A named source of trust. */
export interface SourceInput {
  /** Either these or `x509`. */
  readonly keys?: readonly KeyInput[];
  readonly x509?: X509Input;
  readonly threshold?: number;
  readonly formats?: readonly FormatName[];
}

/** Trust in certificates: paths of files or folders with certificates, and whom of those that they certify. */
export interface X509Input {
  readonly ca?: readonly string[];
  readonly signingAuthority?: readonly string[];
  readonly tsa?: readonly string[];
  readonly identities: readonly string[];
  readonly level?: 'strict' | 'permissive' | 'audit';
  readonly override?: X509OverrideInput;
  readonly verifyTimestamp?: 'always' | 'afterCertExpiry';
  readonly allowPrivateServers?: boolean;
}

/** Actions beside those of the level. */
export interface X509OverrideInput {
  readonly authenticity?: CheckAction;
  readonly authenticTimestamp?: CheckAction;
  readonly expiry?: CheckAction;
  readonly revocation?: CheckAction | 'skip';
}

/** A path, PEM text, a JWK or a JWKS. */
export type KeyInput = string | { readonly jwk?: JsonObject; readonly jwks?: JsonObject };

/** Whatever JSON a JWK is made of; @signet/core judges it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** `from` is where an image is pulled from, `to` what it was signed as. */
export interface RenameInput {
  readonly from: string;
  readonly to: string;
}

/** Who says which tags are current. `0` is no time at all. */
export interface CatalogueInput {
  readonly collections: string;
  readonly mirrors?: readonly string[];
  readonly location?: string;
  readonly signedBy: RequireInput;
  readonly maxAge?: string;
  readonly notBefore?: string;
  readonly graceAfterExpiry?: string | 0;
  readonly onRollback?: 'useTrusted' | 'deny';
  readonly superseded?: string | 0;
  readonly digestReferences?: 'listed' | 'any';
  readonly freshness?: FreshnessInput;
}

/** Which of the fields stand together is checked where catalogues are built. */
export interface FreshnessInput {
  readonly mode: 'online' | 'bundle';
  readonly maxAge?: string;
}

/** One rule. */
export interface RuleInput {
  readonly name?: string;
  readonly images: readonly string[];
  readonly mode?: 'enforce' | 'warn' | 'audit' | 'skip';
  readonly require?: RequireInput;
  readonly tag?: 'any' | 'bound' | 'trusted';
  readonly catalogue?: string;
  readonly platforms?: 'index' | 'each';
  readonly annotations?: Readonly<Record<string, string>>;
  readonly maxAge?: string;
  readonly notBefore?: string;
  readonly allowUnpinned?: boolean;
  readonly reuse?: { readonly fresh: string; readonly stale?: string };
  readonly where?: string;
}

/** A source's name, `never`, or one of `any`, `all`, `atLeast … of`. */
export type RequireInput = string | RequireTree;

/** Which of the fields stand together is checked where the tree is built. */
export interface RequireTree {
  readonly any?: readonly RequireInput[];
  readonly all?: readonly RequireInput[];
  readonly atLeast?: number;
  readonly of?: readonly RequireInput[];
}
