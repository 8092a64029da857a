/** The kinds of keys that are taken; all others are refused when a key is loaded. Rule: design.md 7 "keys are strong enough". */
export type KeyKind = 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521' | 'rsa' | 'ed25519';
