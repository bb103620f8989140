SELECT txid_snapshot_xmin(txid_current_snapshot()) AS next
