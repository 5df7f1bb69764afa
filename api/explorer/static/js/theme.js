// Runs before the first paint, so that no page flashes in the wrong theme.
(() => {
  const asked = new URLSearchParams(location.search).get('theme');
  let theme = asked;
  try {
    theme ??= localStorage.getItem('hw-theme');
  } catch {
    // Storage may be off; the system's choice holds then.
  }
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
})();
