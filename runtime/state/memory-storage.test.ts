import { storageSuite } from '../../test/support/storage-suite.ts';
import { memoryStorage } from './memory-storage.ts';

storageSuite('memory', async () => {
  const storage = memoryStorage();
  return { open: () => storage };
});
