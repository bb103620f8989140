UPDATE accounts SET
    traits_item = {item accounts.traits_item}
WHERE site_id = $1 AND traits_item IN {of item}
