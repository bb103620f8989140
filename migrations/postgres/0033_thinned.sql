-- Whether items of somebody who used the browser too were deleted with that person. What is counted of the visitor and their sessions
-- stays, as when items go for their age, and so may be more than there are items; `collector verify` has to know.
ALTER TABLE visitors ADD COLUMN thinned BOOLEAN NOT NULL DEFAULT FALSE;
