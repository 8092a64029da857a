import type { PublicKey } from './public-key.ts';

/**
 * Ids of the keys in `keys.example/`, whose private halves and password are public: p256, ed25519, rsa2048. Whoever trusts one trusts
 * everybody. Rule: design.md 2.
 */
export const exampleKeyIds: readonly string[] = [
  '493c5111cad463718dee655abeb215db04144d0b98e2c2e7388fff3f169d98cf',
  'd7d03eddcbbf29727339f39cb5a2f03d7c41ebbc0c52c5a38c69e1bb8114c9de',
  'eff487144589ce3e48233c0dc749f8f9b4ddc1eac211b8d58c2c3b485fc1ae74',
];

/** Whether a key is one of the published sample keys, which nothing but a demo may sign with or trust. */
export function isExampleKey(key: Pick<PublicKey, 'id'>): boolean {
  return exampleKeyIds.includes(key.id);
}
