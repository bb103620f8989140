SELECT e.* FROM visitors AS v JOIN events AS e USING (visitor) WHERE v.id = $id::UUID ORDER BY e.moment
