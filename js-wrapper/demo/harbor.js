// What the demo site's pages tell Waymark. A site of your own needs no more than this: one call at each moment that
// matters. Page views are recorded by the script tag.
(() => {
  'use strict';

  // "Arrive as…": somebody new comes to the next page, so this browser forgets who it was before the tag runs there.
  // Items that still wait to be sent stay.
  const ARRIVE = 'harbor_arrive';
  try {
    if (sessionStorage.getItem(ARRIVE)) {
      sessionStorage.clear();
      for (const key of ['wm_id', 'wm_s', 'wm_t', 'wm_f']) localStorage.removeItem(key);
      document.cookie = 'wm_id=; path=/; max-age=0';
    }
  } catch {
    // Storage is blocked: then nobody was known here anyway.
  }

  // Blocked or not loaded yet: then this visit goes without.
  const tell = (method, ...args) => window.waymark?.[method](...args);

  document.addEventListener('click', ({ target }) => {
    if (target.closest('[data-arrive]')) {
      try {
        sessionStorage.setItem(ARRIVE, '1');
      } catch {
        // The link still works, for the visitor who is here.
      }
    }
    const { track, milestone, conversion, ...props } = target.closest('a, button, details')?.dataset ?? {};
    if (track) tell('track', track, props);
    if (milestone) tell('milestone', milestone);
    if (conversion) tell('conversion', conversion, props);
    if (milestone || conversion) {
      const button = target.closest('button');
      button.disabled = true;
      button.textContent = 'Done';
      document.getElementById('said').textContent = `${milestone ?? conversion} is on its way to the collector.`;
    }
    if (target.id == 'log-out') {
      tell('reset');
      document.getElementById('said').textContent = 'The next page view belongs to a new visitor.';
    }
  });

  document.addEventListener('submit', (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    // The site's own id of the account; never the e-mail address.
    const account = `account-${Math.random().toString(36).slice(2, 10)}`;
    const plan = new URLSearchParams(location.search).get('plan') ?? 'dinghy';
    tell('identify', account, { plan, team: form.get('team') });
    tell('milestone', 'signup_at', { plan });
    location.assign('thanks.html');
  });
})();
