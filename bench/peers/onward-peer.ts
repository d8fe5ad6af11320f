// Onward, or its own float32 backpropagation, as a peer: argv says which.
import { assemble } from '#exporters';
import { oneHot, sizeOf } from '#runtime';

import { openFloatNetwork } from '../float-network.ts';
import { ownDependencies } from '../installed-bytes.ts';
import { noise, preparedNetwork } from '../networks.ts';
import { openOnward } from '../onward-trainee.ts';
import { servePeer } from './serve-peer.ts';

const [method] = process.argv.slice(2);

await servePeer(async (network, batchSize) => {
  const prepared = preparedNetwork(network);
  const trainee =
    method === 'onward'
      ? await openOnward(assemble(prepared, { plan: { batchSize } }))
      : await openFloatNetwork(prepared.float);
  const x = noise(batchSize * sizeOf(network.inputShape), 5);
  const images = trainee.prepare(x);
  const labels = Array.from({ length: batchSize }, (_, index) => index % trainee.classes);
  const targets = oneHot(labels, [...labels.keys()], trainee.classes);
  let step = 0;
  return {
    predict: () => trainee.predict(x),
    step: () => trainee.learn(images, targets, { rate: 1e-4, clip: 0.02, step: step++, seed: 0 }),
  };
}, ownDependencies());
