// What a training's history says of when it was best, and when early stopping would have ended it.

import { format } from "./numbers.js";

const PATIENCE = 3;

// After which epoch, counted from 1, EarlyStopping(monitor="val_loss", patience) ends; null: not at all.
function stopsAfter(losses, patience) {
  let best = Infinity;
  let waited = 0;
  for (let k = 0; k < losses.length; k++) {
    waited += 1;
    if (losses[k] !== null && losses[k] < best) {
      best = losses[k];
      waited = 0;
    } else if (waited >= patience && k > 0) return k + 1;
  }
  return null;
}

// The verdict in words; null where there is no validation to judge by.
export function bestEpoch({ val_loss: losses = [] }) {
  const known = losses.filter((loss) => loss !== null);
  if (known.length < 2) return null;
  const least = Math.min(...known);
  const best = losses.indexOf(least) + 1;
  const end = stopsAfter(losses, PATIENCE);
  const told = `By validation, epoch ${best} of ${losses.length} is the best: loss ${format(least)}.`;
  const after = best === losses.length ? " It was still falling at the end." : "";
  return (
    told +
    after +
    (end === null
      ? ` EarlyStopping(patience=${PATIENCE}) would not have ended this training.`
      : ` EarlyStopping(patience=${PATIENCE}) would have ended it after epoch ${end}.`)
  );
}
