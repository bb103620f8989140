import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter, Link, Route, Routes } from 'react-router';
import { WaymarkProvider } from 'waymark/react';

import { Editor } from './Editor';
import { Home } from './Home';
import { Signup } from './Signup';
import { Welcome } from './Welcome';

const options = {
  key: import.meta.env.VITE_WAYMARK_KEY,
  endpoint: import.meta.env.VITE_WAYMARK_URL,
};

createRoot(document.getElementById('app')!).render(
  <StrictMode>
    <WaymarkProvider options={options}>
      <BrowserRouter>
        <nav>
          <Link to="/">Sketchpad</Link> <Link to="/editor">Editor</Link> <Link to="/signup">Sign up</Link>
        </nav>
        <Routes>
          <Route path="/" element={<Home />} />
          <Route path="/editor" element={<Editor />} />
          <Route path="/signup" element={<Signup />} />
          <Route path="/welcome" element={<Welcome />} />
        </Routes>
      </BrowserRouter>
    </WaymarkProvider>
  </StrictMode>,
);
