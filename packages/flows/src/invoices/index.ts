export {
  importInvoice,
  removeInvoice,
  type BilledLine,
  type InvoiceImport,
  type InvoiceTerms,
} from './import-invoice.js';
export { differenceKinds, type Difference, type DifferenceKind } from './match-lines.js';
export { compareInvoice, invoiceDifferences, type FoundDifference, type InvoiceComparison } from './show-invoice.js';
