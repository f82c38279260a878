import type { Text } from '../i18n/locale.svelte.ts';
import { call } from './client.ts';
import { search } from './people.ts';
import type { List } from './types.ts';

export interface Webhook {
  id: string;
  name: string;
  url: string;
  events: string[] | null;
  personalData: boolean;
  state: 'on' | 'off';
  reason?: 'by_hand' | 'failing' | 'gone';
  failingSince?: string;
  rotatedAt: string;
}
// The secret is there once: when it was made.
export type WebhookChange = Webhook & { secret?: string };
export interface WebhookContent {
  name: string;
  url: string;
  events: string[];
  personalData: boolean;
  on: boolean;
}
export interface WebhookEvent {
  event: string;
  title: Text;
  personal: boolean;
}
export interface WebhookDelivery {
  id: string;
  message: string;
  event: string;
  state: 'waiting' | 'sent' | 'dead';
  dueAt: string;
  tries: number;
  status: number;
  problem: string;
  createdAt: string;
  settledAt?: string;
}

const at = (id: string, rest = '') => '/webhooks/' + encodeURIComponent(id) + rest;

export const webhooks = () => call<List<Webhook>>('GET', '/webhooks').then((list) => list.items ?? []);
export const webhookEvents = () => call<List<WebhookEvent>>('GET', '/webhooks/events').then((list) => list.items ?? []);
export const webhook = (id: string) => call<Webhook>('GET', at(id));
export const addWebhook = (content: WebhookContent) => call<WebhookChange>('POST', '/webhooks', content);
export const writeWebhook = (id: string, content: WebhookContent) => call<WebhookChange>('PUT', at(id), content);
export const removeWebhook = (id: string) => call<void>('DELETE', at(id));
export const rotateWebhook = (id: string) => call<WebhookChange>('POST', at(id, '/secret'));
export const tryWebhook = (id: string) => call<{ status: number; problem?: string }>('POST', at(id, '/test'));
export const webhookDeliveries = (id: string, cursor?: string) =>
  call<List<WebhookDelivery>>('GET', at(id, '/deliveries') + search({ cursor }));
export const sendAgain = (id: string, delivery: string) =>
  call<WebhookDelivery>('POST', at(id, `/deliveries/${encodeURIComponent(delivery)}/again`));
