import type { WidgetSession } from '../books/records.js';

type Content = { readonly session: WidgetSession } | { readonly problem: string };

export function widgetPage(content: Content): string {
  const body = 'session' in content ? invitation(content.session) : `<p>${escapeHtml(content.problem)}</p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox bank login</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem; }
button { font: inherit; padding: .6rem 1.2rem; border: 0; border-radius: .4rem; background: #0b5; color: #fff; }
</style>
</head>
<body>
<h1>Sandbox bank login</h1>
${body}
</body>
</html>
`;
}

function invitation(session: WidgetSession): string {
  const banks = [...session.externalIds, ...session.providers].map(escapeHtml).join(', ');
  const action = session.purpose === 'repair' ? 'Log in again' : 'Connect';
  return `<p>This page stands in for the bank's own. It belongs to ${escapeHtml(session.customer)} and covers ${banks}.</p>
<form method="post" action="/widget/${session.token}/complete"><button>${action}</button></form>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
