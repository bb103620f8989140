SELECT analyze_erasing()
