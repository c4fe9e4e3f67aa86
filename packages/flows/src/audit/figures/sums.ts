import type { SumTree } from '@freshet/domain';

/** Something to add up, and under which names. */
export type Sum = readonly [path: readonly string[], by: number];

interface Branch {
  [name: string]: number | Branch;
}

/** Without a prototype: a provider may have any name. */
const newBranch = (): Branch => Object.create(null) as Branch;

const addTo = (branch: Branch, [name = '', ...rest]: readonly string[], by: number): void => {
  if (rest.length === 0) {
    branch[name] = ((branch[name] as number | undefined) ?? 0) + by;
    return;
  }
  addTo((branch[name] ??= newBranch()) as Branch, rest, by);
};

export const treeOf = (sums: readonly Sum[]): SumTree => {
  const tree = newBranch();
  for (const [path, by] of sums) addTo(tree, path, by);
  return tree;
};

const isBranch = (node: number | SumTree | undefined): node is SumTree => typeof node === 'object';

/** What two parts come to; neither is changed. */
export const addSums = (one: SumTree, other: SumTree): SumTree => {
  const sum = Object.assign(newBranch(), one) as Record<string, number | SumTree>;
  for (const [name, node] of Object.entries(other)) {
    const known = sum[name];
    if (isBranch(node)) sum[name] = isBranch(known) ? addSums(known, node) : node;
    else sum[name] = node + (typeof known === 'number' ? known : 0);
  }
  return sum;
};

export const isEmpty = (tree: SumTree): boolean => Object.keys(tree).length === 0;

/** What lies under that name, also where nothing does. */
export const under = (tree: SumTree, name: string): SumTree => {
  const node = Object.hasOwn(tree, name) ? tree[name] : undefined;
  return isBranch(node) ? node : {};
};

export const amountOf = (tree: SumTree, name: string): number => {
  const node = Object.hasOwn(tree, name) ? tree[name] : undefined;
  return typeof node === 'number' ? node : 0;
};
