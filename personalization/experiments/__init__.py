"""What became of the visitors of each experiment? Who takes part in which arm since when, what they did since, and the
sums that its statistics (`campaigns.results`) are made from: kept by the consumer, each fact once, so that a page reads
a few rows however many visitors there are."""
