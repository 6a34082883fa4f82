// The page that stands in while the server is away: asks for it again and again, and opens what was wanted when it answers.
(() => {
  const EVERY_MS = 3000;
  const state = document.getElementById('state');

  try {
    const { theme } = JSON.parse(localStorage.getItem('interview-assistant.preferences') || '{}');
    if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
  } catch {
    // storage is forbidden: the machine's theme
  }
  document.getElementById('where').textContent = location.host;

  async function ask() {
    try {
      const answer = await fetch('/api/v1/health', { cache: 'no-store' });
      if (answer.status !== 502 && answer.status !== 504) {
        state.textContent = 'It is back.';
        // /offline.html itself was asked for: there is nothing to go back to
        if (location.pathname === '/offline.html') location.replace('/');
        else location.reload();
        return true;
      }
    } catch {
      // still away
    }
    return false;
  }

  document.getElementById('again').addEventListener('click', async () => {
    state.textContent = 'Asking …';
    if (!(await ask())) state.textContent = navigator.onLine ? 'It does not answer yet. It is asked again every few seconds.' : 'This machine has no network. It is asked again every few seconds.';
  });
  setInterval(() => void ask(), EVERY_MS);
  addEventListener('online', () => void ask());
})();
