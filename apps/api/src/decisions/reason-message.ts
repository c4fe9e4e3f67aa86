import type { DecisionReason } from '@freshet/domain';

/** The sentence of a reason. */
export const messageOf = ({ code }: DecisionReason): string => {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
};
