import type { Text } from '../i18n/locale.svelte.ts';
import { call } from './client.ts';

export interface Holiday {
  on: string; // yyyy-mm-dd
  name: Text;
}
export interface HolidayList {
  days: Holiday[] | null;
  changedAt?: string; // none: the list is the one that came with the program
}

export const holidays = () => call<HolidayList>('GET', '/holidays');
export const addHolidays = (from: string, to: string, name: Text) => call<HolidayList>('POST', '/holidays', { from, to, name });
export const importHolidays = (text: string) => call<HolidayList>('POST', '/holidays/file', { text });
export const removeHoliday = (on: string) => call<HolidayList>('DELETE', '/holidays/' + on);
export const resetHolidays = () => call<HolidayList>('POST', '/holidays/reset');
