/** The smallest router: the path that is shown, and links that change it without leaving the page. */

let path = $state(location.pathname);

export const route = {
  get path() {
    return path;
  },
  look() {
    path = location.pathname;
  },
  go(to: string) {
    history.pushState(null, '', to);
    route.look();
  },
  follow(event: MouseEvent & { currentTarget: HTMLAnchorElement }) {
    event.preventDefault();
    route.go(event.currentTarget.pathname);
  },
};
