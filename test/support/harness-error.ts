/** What is wrong with the test bench itself: a peer that is missing, a server that does not start. Never a test's expected error. */
export class HarnessError extends Error {
  override readonly name = 'HarnessError';
}
