// noon is a time within a day, yyyy-mm-dd, that is the same day in every zone people of one organisation work in.
export const noon = (day: string): string => day + 'T05:00:00Z';
