import { createApp } from 'vue';
import { createRouter, createWebHistory } from 'vue-router';
import { createWaymark } from 'waymark/vue';

import App from './App.vue';
import Editor from './Editor.vue';
import Home from './Home.vue';
import Signup from './Signup.vue';
import Welcome from './Welcome.vue';

const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: Home, meta: { title: 'Sketchpad' } },
    { path: '/editor', component: Editor, meta: { title: 'Editor' } },
    { path: '/signup', component: Signup, meta: { title: 'Sign up' } },
    { path: '/welcome', component: Welcome, meta: { title: 'Welcome' } },
  ],
});
router.afterEach(({ meta }) => {
  document.title = String(meta.title);
});

createApp(App)
  .use(createWaymark({ key: import.meta.env.VITE_WAYMARK_KEY, endpoint: import.meta.env.VITE_WAYMARK_URL }))
  .use(router)
  .mount('#app');
