import { createMemoryStore } from '@signet/oci';
import { describeStore } from './store-contract.ts';

describeStore('the memory store', async () => createMemoryStore());
