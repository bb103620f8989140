-- Server keys: machines that may send for one site. They are kept beside the API keys, which may read.
ALTER TABLE api_keys ADD COLUMN kind TEXT NOT NULL DEFAULT 'api';

-- Whether what comes without one of the site's origins has to carry a server key.
ALTER TABLE sites ADD COLUMN server_key_required BOOLEAN NOT NULL DEFAULT FALSE;
-- Whether answers renew the visitor's cookie, and for which domain; NULL is the collector's own host.
ALTER TABLE sites ADD COLUMN renew_cookie BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sites ADD COLUMN cookie_domain TEXT;
