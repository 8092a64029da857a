import { openLayout } from '@signet/oci';
import { tempDir } from '../../support/temp.ts';
import { describeStore } from '../store-contract.ts';

describeStore('an image layout beside other processes', async () => openLayout(tempDir(), { create: true }));
describeStore('an image layout of its own', async () => openLayout(tempDir(), { create: true, exclusive: true }));
