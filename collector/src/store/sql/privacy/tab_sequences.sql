UPDATE tab_sequences SET
    tab_id = {tab tab_sequences.tab_id}
