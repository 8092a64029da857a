/** `key 3f2a91bc04de`, for people. */
export function shortKey(id: string): string {
  return `key ${id.slice(0, 12)}`;
}
