"""What is like the item that the visitor looked at longest, and costs less?"""

from campaigns.slots.base import ITEM_HOLES, Slot, item_values, near_looked_at

SLOT = Slot("similar", "A similar item at a lower price", ITEM_HOLES, near_looked_at("similar"), item_values)
