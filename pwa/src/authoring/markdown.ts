// cardTitles lists the cards of a lesson: its "## " lines outside of message blocks.
export function cardTitles(body: string): string[] {
  const titles: string[] = [];
  let fenced = false;
  for (const line of body.split('\n')) {
    if (/^\s{0,3}```/.test(line)) fenced = !fenced;
    else if (!fenced && /^##(\s|$)/.test(line)) titles.push(line.slice(2).trim());
  }
  return titles;
}

// cardAt is the card in which a place of the text is, counted from 0.
export const cardAt = (body: string, offset: number): number => {
  const end = body.indexOf('\n', offset);
  return Math.max(0, cardTitles(end < 0 ? body : body.slice(0, end)).length - 1);
};

export type Mark = 'card' | 'bold' | 'list' | 'rule' | 'message' | 'link';

// markUp is the text that stands in for a selection, and which part of it is then selected, to type over.
export function markUp(mark: Mark, selected: string, ruleWord: string): { text: string; from: number; to: number } {
  const block = (before: string, inner: string, after = '') => ({
    text: `\n${before}${inner}${after}\n`,
    from: before.length + 1,
    to: before.length + 1 + inner.length,
  });
  switch (mark) {
    case 'card':
      return block('\n## ', selected || '…', '\n');
    case 'bold':
      return { text: `**${selected || '…'}**`, from: 2, to: 2 + (selected || '…').length };
    case 'list': {
      const lines = (selected || '…').split('\n').map((line) => '- ' + line);
      return block('', lines.join('\n'));
    }
    case 'rule':
      return block(`> **${ruleWord}:** `, selected || '…');
    case 'message':
      return block('```sms ', 'Số lạ', `\n${selected || '…'}\n\`\`\``);
    case 'link':
      return { text: `[${selected || '…'}](https://)`, from: 1, to: 1 + (selected || '…').length };
  }
}
