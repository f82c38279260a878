// ListColumn is one column of a Listing, and where its cell stands in the list of a phone: under the name, as the chip
// beside it, below over the full width, or below beside its own label. Without a place it is for the desk alone.
export interface ListColumn<T> {
  key: string;
  label: string;
  text?: (row: T) => string; // what the cell says; without it the list's cell draws it
  value?: (row: T) => string | number; // makes the column sortable
  number?: boolean;
  phone?: 'detail' | 'chip' | 'wide' | 'label';
  when?: (row: T) => boolean; // on a phone only for these rows
}
